#include "framework/results/image_parts.h"

namespace fovea::image {

void write_pairs(hdf5::Id object, const TextPairs& pairs) {
  for (const auto& [name, text] : pairs) hdf5::write_attribute(object, name, std::string_view(text));
}

void write_arrays(hdf5::Id group, hdf5::Axes& axes, const std::vector<Array>& arrays) {
  for (const Array& array : arrays) axes.announce(array);
  for (const Array& array : arrays) {
    const hdf5::Handle data_set = hdf5::write_array(group, array.name, array);
    write_pairs(data_set.id(), array.attributes);
    for (const auto& [name, number] : array.counts) hdf5::write_attribute(data_set.id(), name, number);
    axes.attach(data_set.id(), array);
  }
}

std::vector<std::string> names_of(const std::vector<Array>& arrays) {
  std::vector<std::string> names;
  for (const Array& array : arrays) names.push_back(array.name.substr(0, array.name.find('/')));
  return names;
}

Array column_array(const Column& column, const std::vector<std::string>& axes, const std::vector<std::int64_t>& extents) {
  return {column.name, axes, extents, column.values, column.units, column.long_name};
}

Array row_array(std::string name, const std::string& axis, Array::Values values, std::string long_name) {
  const std::int64_t rows = std::visit([](const auto& vector) { return count(vector); }, values);
  return {std::move(name), {axis}, {rows}, std::move(values), "1", std::move(long_name)};
}

}  // namespace fovea::image
