#include <doctest/doctest.h>

#include <cmath>

#include "framework/core/error.h"
#include "framework/exchange/safetensors.h"
#include "tests/exchange/made_files.h"
#include "tests/exchange/odd_arrays.h"

using namespace fovea;
using namespace fovea::testing;
using Numbers = std::vector<double>;

namespace {

const std::string kFour(16, '\0');  // the bytes of four float32

std::string entry(const std::string& name, const std::string& shape, const std::string& offsets,
                  const std::string& dtype = "F32") {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

/// The error of reading, or "".
std::string error_of(const std::string& bytes) {
  try {
    read_safetensors(bytes);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

std::string error_of(const std::string& header, const std::string& values) {
  return error_of(made_safetensors(header, values));
}

bool is_line_with(const std::string& error, const std::string& part) {
  return error.find(part) != std::string::npos && error.find('\n') == std::string::npos && error.size() < 700;
}

NamedArray decoded(const std::string& dtype, const std::string& shape, const std::string& values) {
  const std::string offsets = "[0," + std::to_string(values.size()) + "]";
  return read_safetensors(made_safetensors("{" + entry("a", shape, offsets, dtype) + "}", values)).at(0);
}

}  // namespace

TEST_CASE("arrays come back from a .safetensors file with the same bits, in both precisions") {
  for (const char* dtype : {"float32", "float64"}) {
    CAPTURE(dtype);
    const std::vector<NamedArray> arrays = odd_arrays(dtype);
    const std::vector<NamedArray> back = read_safetensors(safetensors_bytes(arrays, {{"run", "main"}}));
    REQUIRE(back.size() == arrays.size());
    for (std::size_t i = 0; i < arrays.size(); ++i) CHECK(same(back[i], arrays[i]));
  }
}

TEST_CASE("a .safetensors file is what its format says, and its values are aligned") {
  const std::string bytes = safetensors_bytes(std::vector<NamedArray>{{"a/b", {2}, "float32", {1, -2}}}, {});
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  CHECK(length % 8 == 0);
  CHECK(bytes.substr(8, length) ==
        R"({"__metadata__":{"producer":"Fovea"},"a.b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})" +
            std::string(length - 92, ' '));
  CHECK(bytes.substr(8 + length) == bytes_of<float>({1, -2}));
}

TEST_CASE("a path with dots of its own survives; two that become one name are refused") {
  const std::vector<NamedArray> arrays{{"blocks/v1.5/w", {}, "float64", {1}}, {"blocks/v2/w", {}, "float64", {2}}};
  const std::vector<NamedArray> back = read_safetensors(safetensors_bytes(arrays, {}));
  CHECK(back[0].name == "blocks/v1.5/w");
  CHECK(back[1].name == "blocks/v2/w");
  const std::vector<NamedArray> alike{{"v1/5", {}, "float64", {1}}, {"v1.5", {}, "float64", {2}}};
  CHECK_THROWS_WITH_AS(safetensors_bytes(alike, {}), doctest::Contains("another array is written as 'v1.5'"), Error);
  const std::vector<NamedArray> reserved{{"__metadata__", {}, "float64", {1}}};
  CHECK_THROWS_AS(safetensors_bytes(reserved, {}), Error);
}

TEST_CASE("every type is read as the numbers that it stands for") {
  CHECK(decoded("F64", "[2]", bytes_of<double>({0.1, -1e300})).values == Numbers{0.1, -1e300});
  CHECK(decoded("F32", "[2]", bytes_of<float>({0.1F, -0.5F})).values == std::vector{double{0.1F}, -0.5});
  const std::vector<double> halves =
      decoded("F16", "[6]", bytes_of<std::uint16_t>({0x3C00, 0xC000, 0x0001, 0x03FF, 0x7BFF, 0xFC00})).values;
  CHECK(halves == Numbers{1, -2, std::ldexp(1, -24), std::ldexp(1023, -24), 65504, -HUGE_VAL});
  CHECK(std::isnan(decoded("F16", "[]", bytes_of<std::uint16_t>({0x7E00})).values[0]));
  CHECK(decoded("BF16", "[3]", bytes_of<std::uint16_t>({0x3F80, 0xC040, 0x0001})).values ==
        Numbers{1, -3, std::ldexp(1, -133)});
  CHECK(decoded("I64", "[2]", bytes_of<std::int64_t>({-5, std::int64_t{1} << 53})).values ==
        Numbers{-5.0, 9007199254740992});
  CHECK(decoded("I32", "[1]", bytes_of<std::int32_t>({-7})).values == Numbers{-7.0});
  CHECK(decoded("I16", "[1]", bytes_of<std::int16_t>({-300})).values == Numbers{-300.0});
  CHECK(decoded("I8", "[2]", bytes_of<std::int8_t>({-128, 127})).values == Numbers{-128.0, 127.0});
  CHECK(decoded("U8", "[1]", bytes_of<std::uint8_t>({255})).values == Numbers{255.0});
  CHECK(decoded("BOOL", "[2]", bytes_of<std::uint8_t>({0, 1})).values == Numbers{0.0, 1.0});
  CHECK(decoded("BOOL", "[0, 7]", "").shape == std::vector<Extent>{0, 7});
  CHECK(decoded("BF16", "[]", bytes_of<std::uint16_t>({0})).dtype == "bfloat16");
}

TEST_CASE("what a .safetensors file may be, it may be") {
  const std::string second = entry("b", "[2]", "[0,8]") + "," + entry("a", "[1,2]", "[8,16]");
  CHECK(error_of("{" + second + "}   ", kFour) == "");  // in another order than the bytes, padded
  CHECK(error_of("{" + second + "," + entry("c.0", "[0]", "[8,8]") + "," + entry("d", "[3,0]", "[16,16]") + "}", kFour) ==
        "");
  CHECK(error_of("{\"__metadata__\":{\"path a\":\"no path\"}," + entry("a", "[4]", "[0,16]") + "}", kFour) == "");
  CHECK(read_safetensors(made_safetensors("{}", "")).empty());
}

TEST_CASE("a .safetensors file made to do harm is refused with one line") {
  const std::string whole = entry("a", "[4]", "[0,16]");
  const std::string huge = "9223372036854775808";  // 2^63
  struct Hostile {
    std::string bytes;
    std::string part;
  };
  const auto made = [](const std::string& header, const std::string& values = kFour) {
    return made_safetensors(header, values);
  };
  const std::vector<Hostile> files{
      {"", "has 8 bytes or more"},
      {std::string("\1\0\0", 3), "has 8 bytes or more"},
      {bytes_of<std::uint64_t>({0}), "begins with '{'"},
      {bytes_of<std::uint64_t>({1000}) + "{}", "cut off"},
      {bytes_of<std::uint64_t>({100'000'001}) + "{}", "at most 100 MB"},
      {bytes_of<std::uint64_t>({std::uint64_t{1} << 63U}) + "{}", "at most 100 MB"},
      {bytes_of<std::uint64_t>({~std::uint64_t{0}}) + "{}", "at most 100 MB"},
      {made(" {" + whole + "}"), "begins with '{'"},
      {made("[1]"), "begins with '{'"},
      {made("{" + whole), "a header in JSON"},
      {made("{" + whole + "}}"), "a header in JSON"},
      {made("{" + whole + "}" + std::string("\0,", 2)), "a byte 0"},
      {made("{\"a\xff\":1}"), "a header in JSON"},
      {made("{" + whole + "," + whole + "}"), "'a' came twice"},
      {made("{\"__metadata__\":{},\"__metadata__\":{}," + whole + "}"), "'__metadata__' came twice"},
      {made("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}," + whole + "}"), "'k' came twice"},
      {made("{\"__metadata__\":{\"k\":1}," + whole + "}"), "a text for 'k' of the metadata"},
      {made("{\"__metadata__\":{\"k\":{}}," + whole + "}"), "a text for 'k' of the metadata"},
      {made("{\"__metadata__\":3," + whole + "}"), "an object for '__metadata__'"},
      {made("{\"__metadata__\":{\"producer\":\"Fovea\",\"path a\":\"b\"}," + whole + "}"), "a path that is written as 'a'"},
      {made("{\"a\":[]}"), "an object for 'a'"},
      {made("{\"\":{}}"), "a name was expected"},
      {made("{\"a\":{\"dtype\":\"F32\",\"shape\":[4]}}"), "'data_offsets' was expected"},
      {made("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}"), "'dtype' came twice"},
      {made("{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16],\"more\":1}}"), "'more' came"},
      {made("{\"a\":{\"dtype\":32,\"shape\":[4],\"data_offsets\":[0,16]}}"), "a text for 'dtype'"},
      {made("{\"a\":{\"dtype\":\"F32\",\"shape\":4,\"data_offsets\":[0,16]}}"), "a list of whole numbers for 'shape'"},
      {made("{" + entry("a", "[4]", "[0,16]", "F31") + "}"), "'F31' came"},
      {made("{" + entry("a", "[4]", "[0,16]", "F8_E4M3") + "}"), "'F8_E4M3' came"},
      {made("{" + entry("a", "[-4]", "[0,16]") + "}"), "-4 came"},
      {made("{" + entry("a", "[4.0]", "[0,16]") + "}"), "'4.0' came"},
      {made("{" + entry("a", "[[4]]", "[0,16]") + "}"), "an array came"},
      {made("{" + entry("a", "[null]", "[0,16]") + "}"), "null came"},
      {made("{" + entry("a", "[true]", "[0,16]") + "}"), "true came"},
      {made("{" + entry("a", "[" + huge + "]", "[0,16]") + "}"), "extents below 2^63"},
      {made("{" + entry("a", "[18446744073709551620]", "[0,16]") + "}"), "extents below 2^63"},
      {made("{" + entry("a", "[4]", "[0,18446744073709551632]") + "}"), "two offsets below 2^63"},
      {made("{" + entry("a", "[4]", "[0," + huge + "]") + "}"), "two offsets below 2^63"},
      {made("{" + entry("a", "[4]", "[0,16,16]") + "}"), "two offsets"},
      {made("{" + entry("a", "[4]", "[16]") + "}"), "two offsets"},
      {made("{" + entry("a", "[4]", "[16,0]") + "}"), "from 16 to 0"},
      {made("{" + entry("a", "[4]", "[0,9223372036854775807]") + "}"), "within the 16 bytes"},
      {made("{" + entry("a", "[8]", "[0,32]") + "}"), "within the 16 bytes"},
      {made("{" + entry("a", "[3]", "[0,16]") + "}"), "12 bytes for 'a'"},
      {made("{" + entry("a", "[4]", "[0,16]", "F64") + "}"), "32 bytes for 'a'"},
      {made("{" + entry("a", "[4294967296,4294967296]", "[0,16]") + "}"), "2^63 bytes or more"},
      {made("{" + entry("a", "[4611686018427387904,4]", "[0,0]") + "}"), "2^63 bytes or more"},
      {made("{" + entry("a", "[4611686018427387904,4,0]", "[0,0]") + "}", ""), "2^63 bytes or more"},
      {made("{" +
            entry(
                "a",
                "[1" + std::string(64, ' ') +
                    [] {
                      std::string ones;
                      for (int i = 0; i < 32; ++i) ones += ",1";
                      return ones;
                    }() +
                    "]",
                "[0,4]") +
            "}"),
       "at most 32 extents"},
      {made("{" + entry("a", "[3]", "[0,12]") + "," + entry("b", "[2]", "[8,16]") + "}"),
       "'b' was expected to begin at byte 12"},
      {made("{" + whole + "," + entry("b", "[4]", "[0,16]") + "}"), "was expected to begin at byte 16"},
      {made("{" + entry("a", "[1]", "[0,4]") + "," + entry("b", "[2]", "[8,16]") + "}"),
       "'b' was expected to begin at byte 4"},
      {made("{" + entry("a", "[3]", "[4,16]") + "}"), "'a' was expected to begin at byte 0"},
      {made("{" + whole + "," + entry("b", "[0]", "[7,7]") + "}"), "was expected to begin at byte"},
      {made("{" + whole + "}", kFour + "x"), "16 bytes of values were expected"},
      {made("{}"), "0 bytes of values were expected"},
      {made("{" + whole + "}", kFour.substr(1)), "within the 15 bytes"},
      {made("{" + entry("a", "[16]", "[0,16]", "BOOL") + "}", kFour.substr(1) + "\2"), "0 or 1 was expected"},
      {made("{" + entry("a", "[2]", "[0,16]", "I64") + "}", bytes_of<std::int64_t>({0, (std::int64_t{1} << 53) + 1})),
       "2^53"},
      {made("{" + entry("a", "[2]", "[0,16]", "I64") + "}", bytes_of<std::int64_t>({0, std::int64_t{1} << 63})), "2^53"},
      {made("{" + entry("a", "[2]", "[0,16]", "U64") + "}", bytes_of<std::uint64_t>({0, ~std::uint64_t{0}})), "2^53"},
  };
  for (const Hostile& file : files) {
    const std::string error = error_of(file.bytes);
    CAPTURE(file.bytes.substr(0, 200));
    CAPTURE(file.part);
    CAPTURE(error);
    CHECK(is_line_with(error, file.part));
  }
}

TEST_CASE("a header of a million brackets is refused, not followed") {
  CHECK(is_line_with(error_of("{\"a\":" + std::string(1'000'000, '['), ""), "an object for 'a'"));
  CHECK(is_line_with(error_of("{\"a\":{\"shape\":" + std::string(1'000'000, '['), ""), "an array came"));
}

TEST_CASE("a .safetensors file with any one byte changed, or cut anywhere, is read or refused with one line") {
  const std::string bytes = safetensors_bytes(odd_arrays("float32"), {{"k", "v"}});
  REQUIRE(error_of(bytes) == "");
  int refused = 0;
  const auto try_out = [&](const std::string& damaged) {
    const std::string error = error_of(damaged);
    refused += error.empty() ? 0 : 1;
    REQUIRE(error.find('\n') == std::string::npos);
  };
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    for (const int flip : {1, 16, 128}) {
      changed[i] = static_cast<char>(bytes[i] ^ flip);
      try_out(changed);
    }
    CHECK(error_of(bytes.substr(0, i)) != "");
  }
  CHECK(refused > 500);
}
