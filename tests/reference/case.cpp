#include "tests/reference/case.h"

#include <hdf5.h>

#include <functional>

#include "framework/core/error.h"

namespace fovea::reference {
namespace {

// An HDF5 handle that closes itself.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t), const std::string& what) : id_(id), close_(close) {
    if (id < 0) throw Error(what, "an HDF5 object was expected; it cannot be opened; check the file.");
  }
  ~Handle() { close_(id_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }  // NOLINT(google-explicit-constructor)

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

Array read_array(hid_t group, const std::string& name) {
  const Handle set(H5Dopen2(group, name.c_str(), H5P_DEFAULT), H5Dclose, name);
  const Handle space(H5Dget_space(set), H5Sclose, name);
  const Handle type(H5Dget_type(set), H5Tclose, name);
  Array array;
  array.is_integer = H5Tget_class(type) == H5T_INTEGER;
  const int rank = H5Sget_simple_extent_ndims(space);
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space, extents.data(), nullptr);
  for (int axis = 0; axis < rank; ++axis) {
    array.shape = array.shape.inserted(axis, static_cast<Extent>(extents[axis]));
  }
  array.values.resize(array.shape.size());
  if (H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, array.values.data()) < 0) {
    throw Error(name, "a tensor was expected; it cannot be read; check the file.");
  }
  return array;
}

struct Visit {
  Case* result;
  std::string group;
};

herr_t visit_attribute(hid_t location, const char* name, const H5A_info_t*, void* data) {
  Case& result = *static_cast<Visit*>(data)->result;
  const Handle attribute(H5Aopen(location, name, H5P_DEFAULT), H5Aclose, name);
  const Handle type(H5Aget_type(attribute), H5Tclose, name);
  if (H5Tget_class(type) != H5T_STRING) {
    H5Aread(attribute, H5T_NATIVE_DOUBLE, &result.numbers[name]);
    return 0;
  }
  if (H5Tis_variable_str(type) > 0) {
    char* text = nullptr;
    H5Aread(attribute, type, &text);
    result.texts[name] = text == nullptr ? "" : text;
    H5free_memory(text);
  } else {
    std::string text(H5Tget_size(type), '\0');
    H5Aread(attribute, type, text.data());
    result.texts[name] = text.c_str();
  }
  return 0;
}

herr_t visit_link(hid_t location, const char* name, const H5L_info_t*, void* data) {
  const Visit& visit = *static_cast<Visit*>(data);
  visit.result->arrays[visit.group + "/" + name] = read_array(location, name);
  return 0;
}

}  // namespace

const Array& Case::array(const std::string& path) const {
  const auto found = arrays.find(path);
  if (found == arrays.end()) throw Error(file, "a tensor '" + path + "' was expected; there is none; check the case.");
  return found->second;
}

double Case::number(const std::string& attribute) const {
  const auto found = numbers.find(attribute);
  if (found == numbers.end()) throw Error(file, "a number '" + attribute + "' was expected; there is none.");
  return found->second;
}

std::vector<std::string> Case::names(const std::string& group) const {
  std::vector<std::string> found;
  for (const auto& [path, array] : arrays) {
    if (path.starts_with(group + "/")) found.push_back(path.substr(group.size() + 1));
  }
  return found;
}

Case read_case(const std::filesystem::path& file) {
  Case result;
  result.file = file.filename().string();
  const Handle opened(H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, file.string());
  Visit visit{&result, ""};
  H5Aiterate2(opened, H5_INDEX_NAME, H5_ITER_INC, nullptr, visit_attribute, &visit);
  for (const char* group : {"in", "out", "cot", "grad"}) {
    if (H5Lexists(opened, group, H5P_DEFAULT) <= 0) continue;
    const Handle handle(H5Gopen2(opened, group, H5P_DEFAULT), H5Gclose, group);
    visit.group = group;
    H5Literate(handle, H5_INDEX_NAME, H5_ITER_INC, nullptr, visit_link, &visit);
  }
  if (!result.texts.contains("case")) throw Error(result.file, "an attribute 'case' was expected; there is none.");
  result.name = result.texts["case"];
  return result;
}

}  // namespace fovea::reference
