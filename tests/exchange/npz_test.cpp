#include <doctest/doctest.h>

#include "framework/core/error.h"
#include "framework/exchange/npy.h"
#include "framework/exchange/npz.h"
#include "tests/exchange/made_files.h"
#include "tests/exchange/odd_arrays.h"

using namespace fovea;
using namespace fovea::testing;
using Numbers = std::vector<double>;

namespace {

const std::string kFour(16, '\0');  // the bytes of four float32

template <class Read>
std::string error_of(const Read& read) {
  try {
    read();
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

std::string npy_error(const std::string& bytes) {
  return error_of([&] { read_npy(bytes, "a"); });
}
std::string npz_error(const std::string& bytes) {
  return error_of([&] { read_npz(bytes); });
}

struct Hostile {
  std::string bytes;
  std::string part;
};

template <class Read>
void check_refused(const std::vector<Hostile>& files, const Read& error_in) {
  for (const Hostile& file : files) {
    const std::string error = error_in(file.bytes);
    CAPTURE(file.part);
    CAPTURE(error);
    CHECK(error.find(file.part) != std::string::npos);
    CHECK(error.find('\n') == std::string::npos);
    CHECK(error.size() < 500);
  }
}

std::string header(const std::string& descr, const std::string& shape) {
  return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
}

Numbers decoded(const std::string& descr, const std::string& values, const std::string& shape) {
  return read_npy(made_npy(descr, shape, values, false), "a").values;
}

const std::string kArray = made_npy(header("<f4", "(4,)"), kFour);

}  // namespace

TEST_CASE("arrays come back from a .npz file with the same bits, in both precisions") {
  for (const char* dtype : {"float32", "float64"}) {
    CAPTURE(dtype);
    std::vector<NamedArray> arrays = odd_arrays(dtype);
    arrays.push_back({"v1.5", {1}, dtype, {2}});  // without a slash: the comment says that it is a path
    const std::vector<NamedArray> back = read_npz(npz_bytes(arrays, {{"run", "main"}}));
    REQUIRE(back.size() == arrays.size());
    for (std::size_t i = 0; i < arrays.size(); ++i) CHECK(same(back[i], arrays[i]));
  }
}

TEST_CASE("the same arrays give the same bytes of a .npz file, at any time") {
  const std::string bytes = npz_bytes(odd_arrays("float32"), {{"k", "v"}});
  CHECK(npz_bytes(odd_arrays("float32"), {{"k", "v"}}) == bytes);
  CHECK(bytes.substr(10, 4) == bytes_of<std::uint16_t>({0, 33}));  // the first day of 1980
}

TEST_CASE("a .npz file of others has paths with slashes, or names with dots") {
  const auto name_in = [](const std::string& member) { return read_npz(made_zip({{member, kArray}})).at(0).name; };
  CHECK(name_in("encoder.weight.npy") == "encoder/weight");
  CHECK(name_in("encoder/v1.5.npy") == "encoder/v1.5");
  CHECK(name_in("w.npy") == "w");
}

TEST_CASE("the values of a .npy file come out row-major from either order") {
  const std::string six = bytes_of<float>({1, 2, 3, 4, 5, 6});
  CHECK(read_npy(made_npy("<f4", "(2, 3)", six, false), "a").values == Numbers{1, 2, 3, 4, 5, 6});
  CHECK(read_npy(made_npy("<f4", "(2, 3)", six, true), "a").values == Numbers{1, 3, 5, 2, 4, 6});
  CHECK(read_npy(made_npy("<f4", "(3, 1, 2)", six, true), "a").values == Numbers{1, 4, 2, 5, 3, 6});
  CHECK(read_npy(made_npy("<f4", "(2, 0)", "", true), "a").values.empty());
  CHECK(read_npy(made_npy("<f4", "()", six.substr(0, 4), true), "a").values == Numbers{1});
}

TEST_CASE("every type of a .npy file is read as the numbers that it stands for") {
  CHECK(decoded("<f8", bytes_of<double>({0.1}), "(1,)") == Numbers{0.1});
  CHECK(decoded("<f2", bytes_of<std::uint16_t>({0x3C00, 0x8001}), "(2,)") == Numbers{1, -5.9604644775390625e-08});
  CHECK(decoded("<i8", bytes_of<std::int64_t>({-5}), "(1,)") == Numbers{-5});
  CHECK(decoded("<i4", bytes_of<std::int32_t>({-5}), "(1,)") == Numbers{-5});
  CHECK(decoded("<i2", bytes_of<std::int16_t>({-5}), "(1,)") == Numbers{-5});
  CHECK(decoded("|i1", bytes_of<std::int8_t>({-5}), "(1,)") == Numbers{-5});
  CHECK(decoded("<u8", bytes_of<std::uint64_t>({5}), "(1,)") == Numbers{5});
  CHECK(decoded("<u4", bytes_of<std::uint32_t>({0xFFFFFFFF}), "(1,)") == Numbers{4294967295});
  CHECK(decoded("<u2", bytes_of<std::uint16_t>({0xFFFF}), "(1,)") == Numbers{65535});
  CHECK(decoded("|u1", "\xff", "(1,)") == Numbers{255});
  CHECK(decoded("|b1", std::string("\0\1", 2), "(2,)") == Numbers{0, 1});
}

TEST_CASE("a header of a .npy file may be written as Python allows, in each version") {
  for (const char version : {'\1', '\2', '\3'}) CHECK(npy_error(made_npy(header("<f4", "(4,)"), kFour, version)) == "");
  CHECK(npy_error(made_npy("{\"shape\":(2,2),\"descr\":\"<f4\",\"fortran_order\":False}", kFour)) == "");
}

TEST_CASE("a .npy file made to do harm is refused with one line") {
  const std::string ones = [] {
    std::string text = "(";
    for (int i = 0; i < 33; ++i) text += "1, ";
    return text + ")";
  }();
  const auto made = [](const std::string& text) { return made_npy(text, kFour); };
  const std::vector<Hostile> files{
      {"", "first bytes"},
      {"\x93NUMPX\1", "first bytes"},
      {"\x93NUMPY\1", "cut off"},
      {made_npy(header("<f4", "(4,)"), kFour, 4), "4.0 came"},
      {made_npy(header("<f4", "(4,)"), kFour, 0), "0.0 came"},
      {made_npy(header("<f4", "(4,)"), kFour, 1, 60000), "within the file"},
      {made_npy(header("<f4", "(4,)"), kFour, 2, 0x7FFFFFFF), "within the file"},
      {made_npy(header("<f4", "(4,)") + std::string(70000, ' '), kFour, 2), "at most 65535 bytes"},
      {made_npy(header("<f4", "(4,)"), kFour, 1, 10), "a text in quotes"},
      {made("x"), "'{'"},
      {made("{}"), "one is missing"},
      {made("{'descr': '<f4', 'shape': (4,)}"), "one is missing"},
      {made("{'descr': '<f4', 'descr': '<f4'}"), "each entry once"},
      {made("{'descr': '<f4', 'more': 1}"), "only"},
      {made("{'descr': '<f4'"), "','"},
      {made("{'descr' '<f4'}"), "':'"},
      {made("{'descr': '<f4"), "in quotes"},
      {made("{'descr': 'a\\'b'}"), "in quotes"},
      {made(header("<f4", "(4,)") + "x"), "nothing after '}'"},
      {made(header("<f4", "(4,)") + std::string(1, '\0')), "nothing after '}'"},
      {made(header(">f4", "(4,)")), "little endian"},
      {made(header("f4", "(4,)")), "little endian"},
      {made(header("|f4", "(4,)")), "little endian"},
      {made(header("|O", "(4,)")), "'|O' came"},
      {made(header("<U4", "(1,)")), "'<U4' came"},
      {made(header("<c8", "(2,)")), "'<c8' came"},
      {made(header("<", "(2,)")), "'<' came"},
      {made(header("", "(2,)")), "'' came"},
      {made("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,), }"), "records"},
      {made("{'descr': '<f4', 'fortran_order': 1, 'shape': (4,), }"), "True or False"},
      {made(header("<f4", "(4)")), "',' after the only extent"},
      {made(header("<f4", "[4]")), "'('"},
      {made(header("<f4", "(-4,)")), "extents from 0"},
      {made(header("<f4", "(4.0,)")), "','"},
      {made(header("<f4", "(0x4,)")), "','"},
      {made(header("<f4", "(9223372036854775808,)")), "extents from 0"},
      {made(header("<f4", "(18446744073709551620,)")), "extents from 0"},
      {made(header("<f4", "(4294967296, 4294967296)")), "2^63 bytes or more"},
      {made(header("<f4", "(4611686018427387904, 4)")), "2^63 bytes or more"},
      {made(header("<f4", ones)), "at most 32 axes"},
      {made(header("<f4", "(4,")), "extents from 0"},
      {made(header("<f4", "(5,)")), "20 bytes of values"},
      {made(header("<f4", "(3,)")), "12 bytes of values"},
      {made(header("<f4", "(0,)")), "0 bytes of values"},
      {made_npy(header("|b1", "(1,)"), "\2"), "0 or 1 was expected"},
      {made_npy(header("<i8", "(1,)"), bytes_of<std::int64_t>({std::int64_t{1} << 60})), "within 2^53"},
  };
  check_refused(files, npy_error);
}

TEST_CASE("a .npz file made to do harm is refused with one line") {
  const ZipMember good("a.npy", kArray);
  const auto with = [&](const auto& change, bool is_deflated = false) {
    ZipMember member("a.npy", kArray, is_deflated);
    change(member);
    return made_zip({member});
  };
  const std::string whole = made_zip({good});
  const std::string end = whole.substr(whole.size() - 22);
  const auto patched = [&](std::size_t from_end, const std::string& bytes) {
    std::string changed = whole;
    return changed.replace(changed.size() - from_end, bytes.size(), bytes);
  };
  ZipMember shared = good;
  shared.name = "b.npy";
  shared.place = 0;
  REQUIRE(npz_error(whole) == "");
  const std::vector<Hostile> files{
      {"PK", "a whole .npz archive"},
      {std::string(100, 'x'), "a whole .npz archive"},
      {whole.substr(0, whole.size() - 1), "a whole .npz archive"},
      {whole.substr(1), "a whole .npz archive"},
      {whole + "x", "a whole .npz archive"},
      {patched(12, bytes_of<std::uint16_t>({2})), "a whole .npz archive"},           // two entries
      {patched(6, bytes_of<std::uint32_t>({0xFFFFFFF0})), "a whole .npz archive"},   // a directory outside
      {patched(10, bytes_of<std::uint32_t>({0xFFFFFFF0})), "a whole .npz archive"},  // one of 4 GiB
      {patched(6, bytes_of<std::uint32_t>({0})), "a whole .npz archive"},            // one elsewhere
      {made_zip({good, good}), "a whole .npz archive"},                              // two of one name
      {made_zip({good, shared}), "a whole .npz archive"},                            // other names at one place
      {with([](ZipMember& m) { m.local_name = "b.npy"; }), "a whole .npz archive"},
      {with([](ZipMember& m) { m.crc ^= 1; }), "CRC error"},
      {with([](ZipMember& m) { m.crc ^= 1; }, true), "CRC error"},
      {with([](ZipMember& m) { m.name = m.local_name = "a.txt"; }), "members named NAME.npy"},
      {with([](ZipMember& m) { m.name = m.local_name = ".npy"; }), "members named NAME.npy"},
      {with([](ZipMember& m) { m.name = m.local_name = "a/"; }), "members named NAME.npy"},
      {with([](ZipMember& m) { m.name = m.local_name = "\xff\xfe.npy"; }), "members named NAME.npy"},
      {with([](ZipMember& m) { m.flags = 1; }), "without encryption"},
      {with([](ZipMember& m) { m.method = 12; }), "packed by method 12"},
      {with([](ZipMember& m) { m.method = 14; }), "packed by method 14"},
      {with([](ZipMember& m) { m.size = 0x7FFFFFFF; }), "it claims 2147483647"},
      {with([](ZipMember& m) { m.size = 0x7FFFFFFF; }, true), "it claims 2147483647"},
      {with([](ZipMember& m) { m.packed = 0x7FFFFFFF; }), "a whole .npz archive"},
      {with([](ZipMember& m) { m.size += 1; }, true), "a whole .npz archive"},
      {with([](ZipMember& m) { m.size -= 1; }, true), "a whole .npz archive"},
      {with([](ZipMember& m) { m.data[0] = '\7'; }, true), "a whole .npz archive"},
      {made_zip({{"a.npy", kArray.substr(1)}}), "'a': an array of NumPy was expected"},
      {made_zip({{"a.npy", made_npy(header("|O", "(4,)"), kFour)}}), "'a': numbers of type"},
  };
  check_refused(files, npz_error);
}

TEST_CASE("a .npz file that unpacks to far more than itself is refused before it is unpacked") {
  ZipMember bomb("a.npy", std::string(1 << 20, '\0'), true);
  std::vector<ZipMember> members;
  for (int i = 0; i < 300; ++i) {
    members.push_back(bomb);
    members.back().name = members.back().local_name = std::to_string(i) + ".npy";
  }
  CHECK(npz_error(made_zip(members)).find("at most 64 times their file, or 256 MiB") != std::string::npos);
  members.erase(members.begin() + 2, members.end());  // is unpacked, and is no array
  CHECK(npz_error(made_zip(members)).find("'0': an array of NumPy was expected") != std::string::npos);
  members[1].place = 0;
  CHECK(npz_error(made_zip(members)) != "");
}

TEST_CASE("a .npz file in which a member is part of another is refused") {
  ZipMember inner("b.npy", std::string(4000, 'x'));
  ZipMember outer("a.npy", local_part(inner));
  inner.place = static_cast<std::int64_t>(local_part(outer).size() - outer.data.size());
  CHECK(npz_error(made_zip({outer, inner})).find("its members take more bytes than it has") != std::string::npos);
}

TEST_CASE("a .npz file with any one byte changed, or cut anywhere, is read or refused with one line") {
  const std::string bytes = made_zip({{"a.npy", kArray}, {"b.npy", kArray, true}});
  REQUIRE(npz_error(bytes) == "");
  int refused = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int flip : {1, 16, 128}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(bytes[i] ^ flip);
      const std::string error = npz_error(changed);
      refused += error.empty() ? 0 : 1;
      REQUIRE(error.find('\n') == std::string::npos);
    }
    CHECK(npz_error(bytes.substr(0, i)) != "");
  }
  CHECK(refused > 500);
}
