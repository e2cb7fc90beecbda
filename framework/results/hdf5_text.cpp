#include <hdf5.h>
#include <algorithm>

#include "framework/results/hdf5_write.h"

namespace fovea::hdf5 {
namespace {

/// The length of the UTF-8 character that begins `text`, 0 where none does. Overlong forms and surrogates are none.
std::size_t character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  const unsigned second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool outside = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
  return overlong || outside ? 0 : size;
}

template <class Value>
Handle plain(Id group, const std::string& name, Id type, std::span<const Value> values, bool scalar) {
  const hsize_t extent = values.size();
  Handle space = scalar ? scalar_space() : Handle(H5Screate_simple(1, &extent, nullptr), "create a data space");
  Handle properties = data_set_properties();
  check(H5Pset_layout(properties.id(), H5D_CONTIGUOUS), "set the layout");
  check(H5Pset_alloc_time(properties.id(), H5D_ALLOC_TIME_EARLY), "set the time of allocation");
  Handle data_set = make_data_set(group, name, type, space.id(), properties.id());
  if (!values.empty()) write_all_of(data_set.id(), type, values.data());
  return data_set;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  std::string valid;
  while (!text.empty()) {
    const std::size_t size = character(text);
    if (size == 0) {
      valid += '?';
    } else {
      valid += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return valid;
}

Handle write_text(Id group, const std::string& name, std::string_view text) {
  const Handle type = text_type(H5T_VARIABLE);
  Handle space = scalar_space();
  Handle properties = data_set_properties();
  Handle data_set = make_data_set(group, name, type.id(), space.id(), properties.id());
  const std::string valid = valid_utf8(text);
  const char* pointer = valid.c_str();
  write_all_of(data_set.id(), type.id(), &pointer);
  return data_set;
}

Handle write_texts(Id group, const std::string& name, const std::vector<std::string>& texts) {
  const Handle type = text_type(H5T_VARIABLE);
  const hsize_t extent = texts.size();
  Handle space(H5Screate_simple(1, &extent, nullptr), "create a data space");
  Handle properties = data_set_properties();
  Handle data_set = make_data_set(group, name, type.id(), space.id(), properties.id());
  std::vector<std::string> valid;
  for (const std::string& text : texts) valid.push_back(valid_utf8(text));
  std::vector<const char*> pointers;
  for (const std::string& text : valid) pointers.push_back(text.c_str());
  if (!pointers.empty()) write_all_of(data_set.id(), type.id(), pointers.data());
  return data_set;
}

Handle write_plain(Id group, const std::string& name, std::span<const std::int64_t> values, bool scalar) {
  return plain(group, name, H5T_STD_I64LE, values, scalar);
}

Handle write_plain(Id group, const std::string& name, std::span<const double> values, bool scalar) {
  return plain(group, name, H5T_IEEE_F64LE, values, scalar);
}

Handle write_plain_text(Id group, const std::string& name, std::string_view text, std::size_t size) {
  std::string padded = valid_utf8(text.substr(0, size - 1));
  padded.resize(std::min(padded.size(), size - 1));
  padded.resize(size, '\0');
  const Handle type = text_type(size);
  Handle space = scalar_space();
  Handle properties = data_set_properties();
  check(H5Pset_layout(properties.id(), H5D_CONTIGUOUS), "set the layout");
  check(H5Pset_alloc_time(properties.id(), H5D_ALLOC_TIME_EARLY), "set the time of allocation");
  Handle data_set = make_data_set(group, name, type.id(), space.id(), properties.id());
  write_all_of(data_set.id(), type.id(), padded.data());
  return data_set;
}

}  // namespace fovea::hdf5
