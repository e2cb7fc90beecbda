#include <fmt/format.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <algorithm>

#include "framework/results/hdf5_write.h"

namespace fovea::hdf5 {

void Axes::announce(const Array& array) {
  const std::size_t rank = std::min(array.axes.size(), array.extents.size());
  for (std::size_t axis = 0; axis < rank; ++axis) known_.emplace(array.axes[axis], array.extents[axis]);
}

std::string Axes::link_name(const Key& key) const {
  const auto same = std::count_if(known_.begin(), known_.end(), [&](const Key& other) { return other.first == key.first; });
  std::string name = same > 1 ? fmt::format("{}_{}", key.first, key.second) : key.first;
  if (std::find(taken_.begin(), taken_.end(), name) != taken_.end()) name += "_axis";
  return name;
}

void Axes::set_coordinates(Id data_set, const std::string& axis, std::int64_t extent) {
  check(H5DSset_scale(data_set, axis.c_str()), "make '" + axis + "' a dimension scale");
  check(H5Iinc_ref(data_set), "keep a dimension scale");
  made_.emplace(Key(axis, extent), Handle(data_set, "keep a dimension scale"));
}

Id Axes::scale(const Key& key) {
  const auto found = made_.find(key);
  if (found != made_.end()) return found->second.id();
  const std::string name = link_name(key);
  const hsize_t extent = static_cast<hsize_t>(key.second);
  Handle space(H5Screate_simple(1, &extent, nullptr), "create a data space");
  Handle properties = data_set_properties();
  Handle data_set = make_data_set(group_, name, H5T_IEEE_F32BE, space.id(), properties.id());
  // This text is how the netCDF library marks a dimension that has no coordinates, so that readers hide it.
  const std::string mark = fmt::format("This is a netCDF dimension but not a netCDF variable.{:10d}", key.second);
  check(H5DSset_scale(data_set.id(), mark.c_str()), "make '" + name + "' a dimension scale");
  return made_.emplace(key, std::move(data_set)).first->second.id();
}

void Axes::attach(Id data_set, const Array& array) {
  for (std::size_t axis = 0; axis < array.axes.size(); ++axis) {
    check(H5DSattach_scale(data_set, scale({array.axes[axis], array.extents[axis]}), static_cast<unsigned>(axis)),
          "attach the axis '" + array.axes[axis] + "'");
  }
}

}  // namespace fovea::hdf5
