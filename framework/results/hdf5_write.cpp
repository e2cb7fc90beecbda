#include "framework/results/hdf5_write.h"

#include <fmt/format.h>
#include <hdf5.h>
#include <algorithm>
#include <cstring>
#include <exception>
#include <limits>
#include <type_traits>

#include "framework/core/error.h"

namespace fovea::hdf5 {
namespace {

constexpr unsigned kOrdered = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
constexpr unsigned kDeflateLevel = 1;
constexpr hsize_t kChunkBytes = hsize_t{1} << 19;

template <class Value>
Id type_of() {
  if constexpr (std::is_same_v<Value, float>) return H5T_IEEE_F32LE;
  if constexpr (std::is_same_v<Value, double>) return H5T_IEEE_F64LE;
  if constexpr (std::is_same_v<Value, std::int32_t>) return H5T_STD_I32LE;
  return H5T_STD_I64LE;
}

// The library builds the file in a vector of ours, which still exists after it has closed the file.
void* resize_memory(void*, std::size_t size, H5FD_file_image_op_t, void* bytes) {
  try {
    auto& memory = *static_cast<std::vector<std::byte>*>(bytes);
    memory.resize(size);
    return memory.data();
  } catch (const std::exception&) {
    return nullptr;
  }
}
herr_t free_memory(void*, H5FD_file_image_op_t, void*) { return 0; }
void* same_memory(void* bytes) { return bytes; }
herr_t keep_memory(void*) { return 0; }

void attribute_of(Id object, const std::string& name, Id type, const void* value) {
  Handle space = scalar_space();
  Handle attribute(H5Acreate2(object, name.c_str(), type, space.id(), H5P_DEFAULT, H5P_DEFAULT),
                   "create the attribute '" + name + "'");
  check(H5Awrite(attribute.id(), type, value), "write the attribute '" + name + "'");
  attribute.close();
}

/// About half a MiB: the first axis is cut first, so that a chunk holds whole rows.
std::vector<hsize_t> chunk_of(std::vector<hsize_t> extents, std::size_t element_bytes, Growth growth) {
  if (growth == Growth::kFirstAxis) {
    hsize_t rows = 1024;
    while (rows < extents[0] && rows < 65536) rows *= 2;
    extents[0] = rows;
  }
  hsize_t bytes = element_bytes;
  for (const hsize_t extent : extents) bytes *= extent;
  for (std::size_t axis = 0; axis < extents.size(); ++axis) {
    while (bytes > kChunkBytes && extents[axis] > 1) {
      bytes /= extents[axis];
      extents[axis] = (extents[axis] + 1) / 2;
      bytes *= extents[axis];
    }
  }
  return extents;
}

void check_length(const Array& array, std::size_t values) {
  std::size_t expected = 1;
  for (const std::int64_t extent : array.extents) expected *= static_cast<std::size_t>(std::max<std::int64_t>(extent, 0));
  const bool negative = std::any_of(array.extents.begin(), array.extents.end(), [](auto extent) { return extent < 0; });
  if (negative || array.axes.size() != array.extents.size() || expected != values) {
    throw Error(array.name, fmt::format("expected one name and one extent for each axis and their product of values; "
                                        "there are {} names, {} extents and {} values instead of {}; "
                                        "give every column of a table the same number of rows.",
                                        array.axes.size(), array.extents.size(), values, expected));
  }
}

void set_filters(Id properties, const std::vector<hsize_t>& chunk) {
  check(H5Pset_chunk(properties, static_cast<int>(chunk.size()), chunk.data()), "set the chunks");
  check(H5Pset_shuffle(properties), "set the shuffle filter");
  check(H5Pset_deflate(properties, kDeflateLevel), "set the deflate filter");
  check(H5Pset_fletcher32(properties), "set the Fletcher-32 filter");
}

template <class Value>
Handle write_values(Id group, const std::string& name, const Array& array, const std::vector<Value>& values, Growth growth) {
  check_length(array, values.size());
  const Id type = type_of<Value>();
  const std::vector<hsize_t> extents(array.extents.begin(), array.extents.end());
  std::vector<hsize_t> limits = extents;
  if (growth == Growth::kFirstAxis) limits.at(0) = H5S_UNLIMITED;
  const Value missing = std::numeric_limits<Value>::quiet_NaN();  // 0 and unused for integers
  Handle properties = data_set_properties();
  if (std::is_floating_point_v<Value>) check(H5Pset_fill_value(properties.id(), type, &missing), "set the fill value");
  // A data set that stays empty cannot have chunks, a scalar needs none.
  if (growth == Growth::kFirstAxis || (!values.empty() && !extents.empty())) {
    set_filters(properties.id(), chunk_of(extents, sizeof(Value), growth));
  }
  Handle space(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), limits.data()), "create a data space");
  Handle data_set = make_data_set(group, name, type, space.id(), properties.id());
  if (!values.empty()) write_all_of(data_set.id(), type, values.data());
  if (!array.units.empty()) write_attribute(data_set.id(), "units", array.units);
  if (!array.long_name.empty()) write_attribute(data_set.id(), "long_name", array.long_name);
  if (std::is_floating_point_v<Value>) attribute_of(data_set.id(), "_FillValue", type, &missing);
  return data_set;
}

}  // namespace

Handle text_type(std::size_t size) {
  Handle type(H5Tcopy(H5T_C_S1), "copy a type");
  check(H5Tset_size(type.id(), size), "set the size of a type");
  check(H5Tset_cset(type.id(), H5T_CSET_UTF8), "set the characters of a type");
  return type;
}

Handle scalar_space() { return {H5Screate(H5S_SCALAR), "create a data space"}; }

/// Creation properties without time stamps, with attributes in order.
Handle data_set_properties() {
  Handle properties(H5Pcreate(H5P_DATASET_CREATE), "create properties");
  check(H5Pset_obj_track_times(properties.id(), false), "leave out time stamps");
  check(H5Pset_attr_creation_order(properties.id(), kOrdered), "track the order of attributes");
  return properties;
}

Handle make_data_set(Id group, const std::string& name, Id type, Id space, Id properties) {
  return {H5Dcreate2(group, name.c_str(), type, space, H5P_DEFAULT, properties, H5P_DEFAULT),
          "create the data set '" + name + "'"};
}

void write_all_of(Id data_set, Id memory_type, const void* values) {
  check(H5Dwrite(data_set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), "write a data set");
}

FileImage::FileImage() : bytes_(std::make_unique<std::vector<std::byte>>()) {
  Handle access(H5Pcreate(H5P_FILE_ACCESS), "create properties");
  constexpr std::size_t kGrowth = std::size_t{1} << 20;
  check(H5Pset_fapl_core(access.id(), kGrowth, false), "build a file in memory");
  H5FD_file_image_callbacks_t memory{nullptr, nullptr, resize_memory, free_memory, same_memory, keep_memory, bytes_.get()};
  check(H5Pset_file_image_callbacks(access.id(), &memory), "build a file in memory");
  check(H5Pset_libver_bounds(access.id(), H5F_LIBVER_V18, H5F_LIBVER_V110), "set the version bounds");
  Handle creation(H5Pcreate(H5P_FILE_CREATE), "create properties");
  check(H5Pset_obj_track_times(creation.id(), false), "leave out time stamps");
  check(H5Pset_link_creation_order(creation.id(), kOrdered), "track the order of links");
  check(H5Pset_attr_creation_order(creation.id(), kOrdered), "track the order of attributes");
  file_ = Handle(H5Fcreate("results.h5", H5F_ACC_TRUNC, creation.id(), access.id()), "create a file in memory");
}

std::vector<std::byte> FileImage::finish() {
  file_.close();
  // What H5Fget_file_image gives has a wrong checksum, and closing makes the file shorter: its true length is in the
  // superblock of version 2, after signature, version, sizes, flags, base address and address of the extension.
  constexpr std::size_t kVersion = 8;
  constexpr std::size_t kLength = 28;
  std::uint64_t length = 0;
  if (bytes_->size() > kLength + sizeof(length)) std::memcpy(&length, bytes_->data() + kLength, sizeof(length));
  if (length == 0 || length > bytes_->size() || (*bytes_)[kVersion] != std::byte{2}) {
    throw Error("hdf5",
                "expected a whole file with a superblock of version 2; the HDF5 library made another one; "
                "use release 1.10 of it.");
  }
  bytes_->resize(static_cast<std::size_t>(length));
  return std::move(*bytes_);
}

Handle make_group(Id parent, std::string_view path) {
  Handle properties(H5Pcreate(H5P_GROUP_CREATE), "create properties");
  check(H5Pset_obj_track_times(properties.id(), false), "leave out time stamps");
  check(H5Pset_link_creation_order(properties.id(), kOrdered), "track the order of links");
  check(H5Pset_attr_creation_order(properties.id(), kOrdered), "track the order of attributes");
  const std::string purpose = fmt::format("create the group '{}'", path);
  Handle group;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string part(path.substr(begin, end - begin));
    if (part.empty() || part == ".") {
      throw Error("results", fmt::format("expected a path such as 'decoder/pointer'; '{}' has an empty part; "
                                         "give every part a name.",
                                         path));
    }
    const Id above = group.id() < 0 ? parent : group.id();
    const bool exists = check(H5Lexists(above, part.c_str(), H5P_DEFAULT), purpose) > 0;
    group = exists ? Handle(H5Gopen2(above, part.c_str(), H5P_DEFAULT), purpose)
                   : Handle(H5Gcreate2(above, part.c_str(), H5P_DEFAULT, properties.id(), H5P_DEFAULT), purpose);
    begin = end + 1;
  }
  return group;
}

void write_attribute(Id object, const std::string& name, std::string_view value) {
  const Handle type = text_type(H5T_VARIABLE);
  const std::string text = valid_utf8(value);
  const char* pointer = text.c_str();
  attribute_of(object, name, type.id(), &pointer);
}

void write_attribute(Id object, const std::string& name, std::int64_t value) {
  attribute_of(object, name, H5T_STD_I64LE, &value);
}

void write_attribute(Id object, const std::string& name, double value) {
  attribute_of(object, name, H5T_IEEE_F64LE, &value);
}

Handle write_array(Id group, const std::string& name, const Array& array, Growth growth) {
  const auto write = [&](const auto& values) { return write_values(group, name, array, values, growth); };
  return std::visit(write, array.values);
}

}  // namespace fovea::hdf5
