#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "framework/exchange/named_arrays.h"
#include "framework/task.h"

// Arrays of a user's files, as tensors of items.
namespace fovea::data {

/// The arrays of numbers of an HDF5 file, or of a .npz, .npy or .safetensors file, by their paths: "train/x".
///
/// Reads     HDF5: groups and data sets of float32, float64, int8 to int64 and uint8 to uint64, contiguous, chunked or gzip;
///           texts are left out. Others: framework/exchange/named_arrays.h.
/// Errors    Error with the path: a file that is missing, damaged or of another format; more than 2^27 numbers in all.
std::vector<NamedArray> read_arrays_of(const std::string& path);

/// One tensor of all items of a part.
struct Column {
  std::string name;
  Shape item;  // of one item; rank 0: a number
  Kind kind = Kind::kReal;
  std::vector<Real> reals;
  std::vector<Index> indices;

  /// Appends the bytes of a row.
  void append_row(std::string& bytes, Extent row) const;
};

/// Items that came together: columns of equally many rows, in the order of their names.
struct Part {
  Extent rows = 0;
  std::vector<Column> columns;

  const Column* find(const std::string& name) const;
};

/// The parts of a file: of its splits by the names of its arrays, "train/x", "test_x", or one without a split.
struct Parts {
  std::map<Split, Part> of_split;
  std::optional<Part> whole;
};

/// `real` are names of arrays of whole numbers that are read as Reals.
///
/// Errors    Error with the path and the array: outside of the splits where others are inside, without an axis of items or
///           with more than four other axes, of another number of items, numbers that no Real or Index holds.
Parts read_parts(const std::string& path, const std::vector<std::string>& real);

/// Refuses a part whose arrays have other names, shapes or kinds than those of another.
void check_same(const Part& part, const Part& first, const std::string& path, Split split);

}  // namespace fovea::data
