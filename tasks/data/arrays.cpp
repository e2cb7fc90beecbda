#include "tasks/data/arrays.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/text.h"

namespace fovea::data {
namespace {

constexpr std::array<std::pair<std::string_view, Split>, 6> kPrefixes{{{"train", Split::kTrain},
                                                                       {"validation", Split::kValidation},
                                                                       {"valid", Split::kValidation},
                                                                       {"val", Split::kValidation},
                                                                       {"dev", Split::kValidation},
                                                                       {"test", Split::kTest}}};

/// The split that the name of an array begins with, and the rest of the name.
std::optional<std::pair<Split, std::string>> split_name(const std::string& name) {
  for (const auto& [prefix, split] : kPrefixes) {
    if (name.size() <= prefix.size() + 1 || name.compare(0, prefix.size(), prefix) != 0) continue;
    if (name[prefix.size()] == '/' || name[prefix.size()] == '_') return {{split, name.substr(prefix.size() + 1)}};
  }
  return std::nullopt;
}

class PartReader {
 public:
  PartReader(std::string path, const std::vector<std::string>& real) : path_(std::move(path)), real_(real) {}

  Parts read() {
    std::vector<NamedArray> arrays = read_arrays_of(path_);
    std::sort(arrays.begin(), arrays.end(), [](const NamedArray& a, const NamedArray& b) { return a.name < b.name; });
    const auto is_in_split = [](const NamedArray& array) { return split_name(array.name).has_value(); };
    const bool has_splits = std::any_of(arrays.begin(), arrays.end(), is_in_split);
    Parts parts;
    if (!has_splits) parts.whole.emplace();
    for (NamedArray& array : arrays) {
      if (!has_splits) {
        add(std::exchange(array, {}), *parts.whole);
        continue;
      }
      const auto found = split_name(array.name);
      if (!found) {
        fail(array.name,
             "an array of a split was expected, as the others are, named train/... or test/...; this one is in "
             "none; move it, or leave it out");
      }
      const Split split = found->first;
      array.name = found->second;
      add(std::exchange(array, {}), parts.of_split[split]);
    }
    return parts;
  }

 private:
  [[noreturn]] void fail(const std::string& name, const std::string& fact) const {
    throw Error(path_ + ", " + in_quotes(name), fact + ".");
  }

  void add(const NamedArray& array, Part& part) const {
    if (array.name.find('/') != std::string::npos) {
      fail(array.name, "an array directly in the file or in a split was expected; it is deeper; move it up");
    }
    if (part.find(array.name) != nullptr)
      fail(array.name, "one array of this name was expected in a split; two came; rename one");
    const auto axes = static_cast<Extent>(array.shape.size());
    if (axes == 0 || axes > Shape::kMaxRank) {
      fail(array.name, "1 to " + std::to_string(Shape::kMaxRank) + " axes were expected, items first; " +
                           std::to_string(axes) + " came; reshape it");
    }
    const Extent rows = array.shape[0];
    if (rows == 0 || array.values.empty()) fail(array.name, "items were expected; it is empty; leave it out");
    if (!part.columns.empty() && rows != part.rows) {
      fail(array.name, "as many items as in " + in_quotes(part.columns[0].name) + " were expected, " +
                           std::to_string(part.rows) + "; " + std::to_string(rows) + " came; give all of them");
    }
    part.rows = rows;
    part.columns.push_back(column_of(array));
  }

  Column column_of(const NamedArray& array) const {
    Column column{array.name, {}, Kind::kReal, {}, {}};
    for (std::size_t axis = 1; axis < array.shape.size(); ++axis) {
      column.item = column.item.inserted(column.item.rank(), array.shape[axis]);
    }
    const bool is_whole = array.dtype.find("int") != std::string::npos || array.dtype == "bool";
    if (is_whole && std::find(real_.begin(), real_.end(), array.name) == real_.end()) {
      column.kind = Kind::kIndex;
      column.indices.reserve(array.values.size());
      for (const double value : array.values) column.indices.push_back(index_of(value, array, column.indices.size()));
    } else {
      column.reals.reserve(array.values.size());
      for (const double value : array.values) column.reals.push_back(real_of(value, array, column.reals.size()));
    }
    return column;
  }

  Index index_of(double value, const NamedArray& array, std::size_t place) const {
    if (value >= std::numeric_limits<Index>::min() && value <= std::numeric_limits<Index>::max()) {
      return static_cast<Index>(value);
    }
    fail(array.name, "whole numbers of 32 bits were expected; item " + item_text(array, place) + " has " +
                         number_text(value) + "; number the classes anew, or name the array in real");
  }

  Real real_of(double value, const NamedArray& array, std::size_t place) const {
    if (std::isfinite(static_cast<Real>(value))) return static_cast<Real>(value);
    fail(array.name, "finite numbers were expected; item " + item_text(array, place) + " has " +
                         (std::isnan(value) ? "NaN" : number_text(value)) + "; repair it or leave the item out");
  }

  static std::string item_text(const NamedArray& array, std::size_t place) {
    return std::to_string(place / (array.values.size() / static_cast<std::size_t>(array.shape[0])));
  }

  std::string path_;
  const std::vector<std::string>& real_;
};

std::string type_text(const Column& column) {
  return (column.kind == Kind::kIndex ? "whole numbers " : "real numbers ") + column.item.text() + " for each item";
}

}  // namespace

void Column::append_row(std::string& bytes, Extent row) const {
  const Extent size = item.size();
  const auto append = [&](const auto& values) {
    bytes.append(reinterpret_cast<const char*>(values.data() + row * size),
                 static_cast<std::size_t>(size) * sizeof(values[0]));
  };
  if (kind == Kind::kIndex) {
    append(indices);
  } else {
    append(reals);
  }
}

const Column* Part::find(const std::string& name) const {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const Column& one) { return one.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

Parts read_parts(const std::string& path, const std::vector<std::string>& real) { return PartReader(path, real).read(); }

void check_same(const Part& part, const Part& first, const std::string& path, Split split) {
  const std::string of = split == Split::kTrain ? "training" : split == Split::kValidation ? "validation" : "test";
  for (const Column& wanted : first.columns) {
    const Column* found = part.find(wanted.name);
    if (found == nullptr) {
      throw Error(path, "an array " + in_quotes(wanted.name) + " was expected for the " + of +
                            " items, as training has one; there is none; add it.");
    }
    if (found->kind == wanted.kind && found->item == wanted.item) continue;
    throw Error(path + ", " + in_quotes(wanted.name), type_text(wanted) + " were expected for the " + of +
                                                          " items, as in training; " + type_text(*found) +
                                                          " came; convert it.");
  }
  if (part.columns.size() == first.columns.size()) return;
  const auto extra = std::find_if(part.columns.begin(), part.columns.end(),
                                  [&](const Column& one) { return first.find(one.name) == nullptr; });
  throw Error(path + ", " + in_quotes(extra->name), "no array but those of training was expected for the " + of +
                                                        " items; this one came; add it to training, or leave it out.");
}

}  // namespace fovea::data
