#include <fmt/format.h>
#include <hdf5.h>
#include <algorithm>
#include <array>
#include <exception>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/results/hdf5_read.h"

// The values and attributes of a file that Reader has inspected.
namespace fovea::hdf5 {
namespace {

constexpr std::uint64_t kMaxRead = std::uint64_t{1} << 32;  // bytes of a data set that is read as a whole
constexpr std::uint64_t kPiece = std::uint64_t{1} << 26;    // bytes of a piece of read_through

std::uint64_t count_of(const TreeLine& line) {
  std::uint64_t count = 1;
  for (const std::int64_t extent : line.shape) count *= static_cast<std::uint64_t>(extent);
  return count;
}

bool is_number(const TreeLine& line) { return line.type != "string" && line.type != "text" && line.type != "group"; }

/// Values that were never written are not made up.
void check_readable(Id data_set, const TreeLine& line, bool right_type, std::uint64_t element_bytes) {
  const std::uint64_t count = count_of(line);
  const bool stored = count == 0 || H5Dget_storage_size(data_set) > 0;
  if (right_type && stored && count <= kMaxRead / element_bytes) return;
  throw Error("hdf5", fmt::format("expected stored values of the right type, at most 4 GiB; '{}' has the type {} and {} "
                                  "elements; is this a results file of Fovea?",
                                  printable(line.path), line.type, count));
}

template <class Value>
std::vector<Value> numbers(Id data_set, const TreeLine& line, Id memory_type) {
  check_readable(data_set, line, is_number(line), sizeof(Value));
  std::vector<Value> values(count_of(line));
  if (values.empty()) return values;
  check(H5Dread(data_set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "read '" + line.path + "'");
  return values;
}

Handle variable_text() {
  Handle type(H5Tcopy(H5T_C_S1), "copy a type");
  check(H5Tset_size(type.id(), H5T_VARIABLE), "set the size of a type");
  check(H5Tset_cset(type.id(), H5T_CSET_UTF8), "set the characters of a type");
  return type;
}

/// Texts that the library allocated, given back to it in any case.
class LibraryTexts {
 public:
  explicit LibraryTexts(std::size_t count) : pointers_(count, nullptr) {}
  LibraryTexts(const LibraryTexts&) = delete;
  LibraryTexts& operator=(const LibraryTexts&) = delete;
  ~LibraryTexts() {
    for (char* pointer : pointers_) H5free_memory(pointer);
  }
  char** data() { return pointers_.data(); }
  std::vector<std::string> copies() const {
    std::vector<std::string> texts;
    for (const char* pointer : pointers_) texts.emplace_back(pointer == nullptr ? "" : pointer);
    return texts;
  }

 private:
  std::vector<char*> pointers_;
};

std::string fixed_text(const std::vector<char>& bytes) {
  return {bytes.begin(), std::find(bytes.begin(), bytes.end(), '\0')};
}

std::string text_attribute(Id attribute, Id type) {
  if (H5Tis_variable_str(type) > 0) {
    const Handle memory = variable_text();
    LibraryTexts texts(1);
    // The characters are the file's own: ASCII and UTF-8 cannot be converted into each other by the library.
    check(H5Tset_cset(memory.id(), H5Tget_cset(type)), "set the characters of a type");
    check(H5Aread(attribute, memory.id(), texts.data()), "read an attribute");
    return texts.copies()[0];
  }
  std::vector<char> bytes(H5Tget_size(type));
  check(H5Aread(attribute, type, bytes.data()), "read an attribute");
  return fixed_text(bytes);
}

/// "" and false where the attribute is not a scalar number or text.
bool attribute_text(Id attribute, std::string& text) {
  const Handle space(H5Aget_space(attribute), "read the shape of an attribute");
  const Handle type(H5Aget_type(attribute), "read the type of an attribute");
  if (H5Sget_simple_extent_npoints(space.id()) != 1) return false;
  switch (H5Tget_class(type.id())) {
    case H5T_STRING: text = text_attribute(attribute, type.id()); return true;
    case H5T_INTEGER: {
      std::int64_t value = 0;
      check(H5Aread(attribute, H5T_NATIVE_INT64, &value), "read an attribute");
      text = fmt::format("{}", value);
      return true;
    }
    case H5T_FLOAT: {
      double value = 0;
      check(H5Aread(attribute, H5T_NATIVE_DOUBLE, &value), "read an attribute");
      text = fmt::format("{}", value);
      return true;
    }
    default: return false;
  }
}

struct Pieces {
  std::uint64_t rows = 1;  // of the whole
  std::uint64_t step = 1;  // rows of one piece
  std::uint64_t row_bytes = 0;
};

Pieces pieces_of(Id data_set, const TreeLine& line, std::uint64_t element_bytes) {
  Pieces pieces;
  pieces.rows = static_cast<std::uint64_t>(line.shape.at(0));
  pieces.row_bytes = std::max<std::uint64_t>(count_of(line) / pieces.rows * element_bytes, 1);
  const Handle properties(H5Dget_create_plist(data_set), "read the properties of a data set");
  std::array<hsize_t, H5S_MAX_RANK> chunk{1};
  if (H5Pget_layout(properties.id()) == H5D_CHUNKED) {
    check(H5Pget_chunk(properties.id(), H5S_MAX_RANK, chunk.data()), "read the size of the chunks");
  }
  const std::uint64_t whole_chunks = std::max<std::uint64_t>(kPiece / pieces.row_bytes / chunk[0], 1);
  pieces.step = std::min<std::uint64_t>(whole_chunks * chunk[0], pieces.rows);
  if (pieces.step > kMaxRead / pieces.row_bytes) pieces.step = 1;
  if (pieces.row_bytes > kMaxRead) {
    throw Error("hdf5", "expected rows of at most 4 GiB; '" + printable(line.path) +
                            "' has longer ones; "
                            "do not trust this file.");
  }
  return pieces;
}

/// Attributes are asked for by their order where the file has it, otherwise by name.
H5_index_t attribute_index(Id object) {
  const bool is_group = H5Iget_type(object) == H5I_GROUP;
  const Handle properties(is_group ? H5Gget_create_plist(object) : H5Dget_create_plist(object), "read properties");
  unsigned order = 0;
  check(H5Pget_attr_creation_order(properties.id(), &order), "read the order of attributes");
  return (order & H5P_CRT_ORDER_TRACKED) != 0 ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
}

/// What visit_attribute fills in. No exception may pass through the library.
struct Visit {
  TextPairs pairs;
  std::exception_ptr failure;
};

herr_t visit_attribute(Id object, const char* name, const H5A_info_t*, void* data) {
  Visit& visit = *static_cast<Visit*>(data);
  try {
    const Handle attribute(H5Aopen(object, name, H5P_DEFAULT), "open an attribute");
    std::string text;
    if (attribute_text(attribute.id(), text)) visit.pairs.emplace_back(printable(name), printable(text));
    return 0;
  } catch (...) {
    visit.failure = std::current_exception();
    return -1;
  }
}

}  // namespace

TextPairs Reader::attributes(const std::string& path) const {
  const Handle object = open(path);
  Visit visit;
  // One pass over all of them: to ask for each by its number would sort them all each time.
  const herr_t status =
      H5Aiterate2(object.id(), attribute_index(object.id()), H5_ITER_INC, nullptr, visit_attribute, &visit);
  if (visit.failure != nullptr) std::rethrow_exception(visit.failure);
  check(status, "read the attributes of '" + printable(path) + "'");
  return visit.pairs;
}

std::vector<double> Reader::reals(const std::string& path) const {
  return numbers<double>(open(path).id(), line(path), H5T_NATIVE_DOUBLE);
}

std::vector<std::int64_t> Reader::integers(const std::string& path) const {
  return numbers<std::int64_t>(open(path).id(), line(path), H5T_NATIVE_INT64);
}

std::vector<std::string> Reader::texts(const std::string& path) const {
  const Handle data_set = open(path);
  const TreeLine& entry = line(path);
  if (entry.type == "text" && entry.shape.empty()) {
    check_readable(data_set.id(), entry, true, 1);
    const Handle type(H5Dget_type(data_set.id()), "read the type of a data set");
    std::vector<char> bytes(H5Tget_size(type.id()));
    check(H5Dread(data_set.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()), "read '" + path + "'");
    return {printable(fixed_text(bytes))};
  }
  check_readable(data_set.id(), entry, entry.type == "string", sizeof(char*));
  const Handle type = variable_text();
  LibraryTexts texts(count_of(entry));
  if (count_of(entry) > 0) {
    check(H5Dread(data_set.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()), "read '" + path + "'");
  }
  return texts.copies();
}

void Reader::read_through(const std::string& path) const {
  const TreeLine& entry = line(path);
  const Handle data_set = open(path);
  if (entry.type == "group" || count_of(entry) == 0 || H5Dget_storage_size(data_set.id()) == 0) return;
  if (entry.type == "string" || entry.shape.empty()) {
    if (is_number(entry)) {
      reals(path);
    } else {
      texts(path);
    }
    return;
  }
  const Handle type(H5Dget_type(data_set.id()), "read the type of a data set");
  const Pieces pieces = pieces_of(data_set.id(), entry, H5Tget_size(type.id()));
  std::vector<std::byte> buffer(pieces.step * pieces.row_bytes);
  std::vector<hsize_t> start(entry.shape.size(), 0);
  std::vector<hsize_t> size(entry.shape.begin(), entry.shape.end());
  const Handle space(H5Dget_space(data_set.id()), "read the shape of a data set");
  for (; start[0] < pieces.rows; start[0] += pieces.step) {
    size[0] = std::min<hsize_t>(pieces.step, pieces.rows - start[0]);
    check(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr), "select rows");
    const Handle memory(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), "create a data space");
    check(H5Dread(data_set.id(), type.id(), memory.id(), space.id(), H5P_DEFAULT, buffer.data()),
          "read '" + printable(path) + "'");
  }
}

std::pair<std::uint64_t, std::uint64_t> Reader::place(const std::string& path) const {
  const Handle data_set = open(path);
  const std::uint64_t size = H5Dget_storage_size(data_set.id());
  if (size == 0) return {0, 0};
  const haddr_t offset = H5Dget_offset(data_set.id());
  if (offset == HADDR_UNDEF || offset > file_bytes_ || size > file_bytes_ - offset) {
    throw Error("hdf5", "expected '" + printable(path) +
                            "' in one piece; it is not; "
                            "is this a results file of Fovea?");
  }
  return {offset, size};
}

}  // namespace fovea::hdf5
