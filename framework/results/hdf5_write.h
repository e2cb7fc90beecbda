#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/results/hdf5.h"
#include "framework/results/record.h"

// The pieces that results.h5 is written with.
namespace fovea::hdf5 {

/// A file that is built in memory, so that no write error can hide in the library.
class FileImage {
 public:
  FileImage();
  Id id() const { return file_.id(); }
  /// Closes the file; its bytes.
  std::vector<std::byte> finish();

 private:
  std::unique_ptr<std::vector<std::byte>> bytes_;  // outlives file_, which the library keeps in it
  Handle file_;
};

/// Text of a fixed size, or of variable length (H5T_VARIABLE), in UTF-8.
Handle text_type(std::size_t size);
Handle scalar_space();
/// Creation properties of a data set: no time stamps, attributes in order.
Handle data_set_properties();
Handle make_data_set(Id group, const std::string& name, Id type, Id space, Id properties);
void write_all_of(Id data_set, Id memory_type, const void* values);

/// Text with every byte that is not UTF-8 replaced by '?' and cut at a NUL.
std::string valid_utf8(std::string_view text);

/// A group with its creation order tracked. `path` may have several parts: missing ones are created.
Handle make_group(Id parent, std::string_view path);

void write_attribute(Id object, const std::string& name, std::string_view value);
void write_attribute(Id object, const std::string& name, std::int64_t value);
void write_attribute(Id object, const std::string& name, double value);

enum class Growth { kFixed, kFirstAxis };

/// A numeric data set: chunks, shuffle, deflate and Fletcher-32; `_FillValue`, `units` and `long_name`.
Handle write_array(Id group, const std::string& name, const Array& array, Growth growth = Growth::kFixed);

/// Scalar or one-dimensional text of variable length.
Handle write_text(Id group, const std::string& name, std::string_view text);
Handle write_texts(Id group, const std::string& name, const std::vector<std::string>& texts);

/// Data sets whose values lie uncompressed in one piece of fixed size, so that nothing else in the file depends on them.
Handle write_plain(Id group, const std::string& name, std::span<const std::int64_t> values, bool scalar);
Handle write_plain(Id group, const std::string& name, std::span<const double> values, bool scalar);
Handle write_plain_text(Id group, const std::string& name, std::string_view text, std::size_t size);

/// The dimension scales of one group and of the groups below it.
///
/// An axis of one extent is called by its name. Where a name has several extents, each is called name_extent; where a
/// data set or a group has that name already, _axis is added.
class Axes {
 public:
  Axes(Id group, std::vector<std::string> taken) : group_(group), taken_(std::move(taken)) {}

  /// Announces the axes of an array; all arrays are announced before the first is attached.
  void announce(const Array& array);
  /// Makes a data set the scale, and so the coordinates, of an axis.
  void set_coordinates(Id data_set, const std::string& axis, std::int64_t extent);
  /// Attaches the scales of an array to its data set; missing scales are created, without coordinates.
  void attach(Id data_set, const Array& array);

 private:
  using Key = std::pair<std::string, std::int64_t>;

  std::string link_name(const Key& key) const;
  Id scale(const Key& key);

  Id group_;
  std::vector<std::string> taken_;
  std::set<Key> known_;
  std::map<Key, Handle> made_;
};

}  // namespace fovea::hdf5
