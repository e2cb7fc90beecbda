#include "framework/exchange/npy.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/exchange/element_type.h"

namespace fovea {
namespace {

constexpr std::string_view kSignature = "\x93NUMPY";
constexpr std::size_t kMostAxes = 32;
constexpr std::size_t kMostHeaderBytes = 65535;

struct Header {
  const ElementType* type = nullptr;
  bool is_fortran = false;
  std::vector<Extent> shape;
};

/// Reads the dictionary, of which Python allows more than is ever written: blanks between the parts, either quote.
class HeaderReader {
 public:
  explicit HeaderReader(std::string_view text) : text_(text) {}

  Header read() {
    Header header;
    std::array<bool, 3> has{};
    const auto once = [&](std::size_t i) {
      if (has[i]) reject("each entry once");
      has[i] = true;
    };
    expect('{');
    while (!accepts('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr") {
        once(0);
        header.type = &type();
      } else if (key == "fortran_order") {
        once(1);
        header.is_fortran = flag();
      } else if (key == "shape") {
        once(2);
        header.shape = extents();
      } else {
        reject("'descr', 'fortran_order' and 'shape' only");
      }
      if (accepts('}')) break;
      expect(',');
    }
    skip_blanks();
    if (!text_.empty()) reject("nothing after '}'");
    if (!has[0] || !has[1] || !has[2]) throw Error("'descr', 'fortran_order' and 'shape' were expected; one is missing.");
    return header;
  }

 private:
  [[noreturn]] void reject(const std::string& expected) const {
    throw Error(
        fmt::format("a header of NumPy was expected with {}; before {} it is another; save it again with numpy.save.",
                    expected, text_.empty() ? "its end" : in_quotes(text_.substr(0, 40))));
  }

  void skip_blanks() { text_.remove_prefix(std::min(text_.find_first_not_of(" \t\r\n"), text_.size())); }

  bool accepts(char c) {
    skip_blanks();
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accepts(c)) reject(std::string("'") + c + "'");
  }
  bool accepts_word(std::string_view word) {
    skip_blanks();
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  std::string_view quoted() {
    skip_blanks();
    if (text_.empty() || (text_.front() != '\'' && text_.front() != '"')) reject("a text in quotes");
    const std::size_t end = text_.find(text_.front(), 1);
    const std::string_view inside = text_.substr(1, std::min(end, text_.size()) - 1);
    if (end == std::string_view::npos || inside.find('\\') != std::string_view::npos) reject("a plain text in quotes");
    text_.remove_prefix(end + 1);
    return inside;
  }

  const ElementType& type() {
    skip_blanks();
    if (text_.starts_with('[')) {
      throw Error("an array of numbers was expected; this one has records; save each field as an array of its own.");
    }
    const std::string_view text = quoted();
    const ElementType* const type = text.empty() ? nullptr : npy_type(text.substr(1));
    if (type != nullptr && (text[0] == '<' || (text[0] == '|' && type->bytes == 1))) return *type;
    throw Error(
        fmt::format("numbers of type f2, f4, f8, i1 to i8, u1 to u8 or b1, little endian, were expected; {} came; "
                    "convert the array first, as with a.astype('<f4').",
                    in_quotes(text)));
  }

  bool flag() {
    if (accepts_word("True")) return true;
    if (!accepts_word("False")) reject("True or False");
    return false;
  }

  std::vector<Extent> extents() {
    std::vector<Extent> shape;
    expect('(');
    while (!accepts(')')) {
      if (shape.size() == kMostAxes) reject("at most 32 axes");
      skip_blanks();
      Extent extent = 0;
      const auto [end, code] = std::from_chars(text_.data(), text_.data() + text_.size(), extent);
      if (code != std::errc() || extent < 0) reject("extents from 0 to 2^63 - 1");
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      shape.push_back(extent);
      if (accepts(')')) {
        if (shape.size() == 1) reject("',' after the only extent");  // in Python this is a number
        break;
      }
      expect(',');
    }
    return shape;
  }

  std::string_view text_;  // what is left
};

struct Parts {
  std::string_view header;
  std::string_view values;
};

Parts parts_of(std::string_view bytes) {
  if (!bytes.starts_with(kSignature)) throw Error("an array of NumPy was expected; its first bytes are not those of one.");
  bytes.remove_prefix(kSignature.size());
  if (bytes.size() < 2) throw Error("a version was expected; the file is cut off: copy it again.");
  const int major = static_cast<unsigned char>(bytes[0]);
  const int minor = static_cast<unsigned char>(bytes[1]);
  if (major < 1 || major > 3 || minor != 0) {
    throw Error(fmt::format("version 1.0, 2.0 or 3.0 of the format was expected; {}.{} came; save it again with numpy.save.",
                            major, minor));
  }
  bytes.remove_prefix(2);
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  std::uint32_t length = 0;
  if (bytes.size() >= length_bytes) std::memcpy(&length, bytes.data(), length_bytes);  // little endian, as the machine is
  if (bytes.size() < length_bytes || length > bytes.size() - length_bytes || length > kMostHeaderBytes) {
    throw Error(
        fmt::format("a header of at most {} bytes, and within the file, was expected; {} bytes came; copy the file "
                    "again.",
                    kMostHeaderBytes, length));
  }
  bytes.remove_prefix(length_bytes);
  return {bytes.substr(0, length), bytes.substr(length)};
}

/// From the order in which the first axis runs fastest.
std::vector<double> row_major(const std::vector<double>& values, const std::vector<Extent>& shape) {
  std::vector<Extent> strides;  // in `values`
  Extent stride = 1;
  for (const Extent extent : shape) {
    strides.push_back(stride);
    stride *= extent;
  }
  std::vector<Extent> at(shape.size(), 0);
  Extent place = 0;
  std::vector<double> rows;
  rows.reserve(values.size());
  while (rows.size() < values.size()) {
    rows.push_back(values[static_cast<std::size_t>(place)]);
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      place += strides[axis];
      if (++at[axis] < shape[axis]) break;
      place -= at[axis] * strides[axis];
      at[axis] = 0;
    }
  }
  return rows;
}

}  // namespace

NamedArray read_npy(std::string_view bytes, std::string name) {
  const Parts parts = parts_of(bytes);
  const Header header = HeaderReader(parts.header).read();
  const std::optional<std::uint64_t> wanted = count_of(header.shape, header.type->bytes);
  if (!wanted || *wanted != parts.values.size()) {
    throw Error(fmt::format("{} of values were expected for {} [{}]; {} came; copy the file again.",
                            wanted ? fmt::format("{} bytes", *wanted) : "2^63 bytes or more", header.type->name,
                            fmt::join(header.shape, ", "), parts.values.size()));
  }
  NamedArray array{std::move(name), header.shape, std::string(header.type->name), {}};
  array.values.resize(parts.values.size() / header.type->bytes);
  header.type->decode(parts.values.data(), array.values);
  if (header.is_fortran) array.values = row_major(array.values, array.shape);
  return array;
}

std::string npy_bytes(const NamedArray& array) {
  constexpr std::size_t kAlignment = 64;
  constexpr std::string_view kVersion("\x01\x00", 2);
  std::string shape = fmt::format("{}", fmt::join(array.shape, ", "));
  if (array.shape.size() == 1) shape += ",";
  std::string header =
      fmt::format("{{'descr': '<{}', 'fortran_order': False, 'shape': ({}), }}", written_type(array).npy, shape);
  const std::size_t before = kSignature.size() + kVersion.size() + sizeof(std::uint16_t);
  const std::size_t end = (before + header.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  header.resize(end - before - 1, ' ');
  header += '\n';
  const auto length = static_cast<std::uint16_t>(header.size());
  std::string bytes(kSignature);
  bytes += kVersion;
  bytes.append(reinterpret_cast<const char*>(&length), sizeof(length));
  bytes += header;
  append_values(bytes, array);
  return bytes;
}

}  // namespace fovea
