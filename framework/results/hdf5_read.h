#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "framework/results/hdf5.h"
#include "framework/results/record.h"
#include "framework/results/summary.h"

// Reading of files that may be hostile.
namespace fovea::hdf5 {

/// An HDF5 file of which every object has been inspected before any value is read: only hard links, groups and data sets
/// of numbers or texts; no external storage, no virtual data sets, no filters but those that we write; no object
/// whose declared size is not borne out by what is stored.
///
/// Errors    a file that is missing, empty, not HDF5, truncated, or breaks one of these rules.
class Reader {
 public:
  /// Where `groups` are given, "config" and others at the root, no other object is looked at, and none is in the tree.
  explicit Reader(const std::filesystem::path& path, std::set<std::string> groups = {});

  const std::vector<TreeLine>& tree() const { return tree_; }
  bool has(const std::string& path) const { return known_.count(path) != 0; }
  const TreeLine& line(const std::string& path) const;
  /// The objects directly below a group, in the order of the file.
  std::vector<TreeLine> below(const std::string& group) const;

  /// The scalar attributes of an object as text, in their order.
  TextPairs attributes(const std::string& path) const;
  std::vector<double> reals(const std::string& path) const;
  std::vector<std::int64_t> integers(const std::string& path) const;
  std::vector<std::string> texts(const std::string& path) const;
  /// Reads every value, piece by piece, so that all checksums are compared.
  void read_through(const std::string& path) const;
  /// First byte and number of bytes of the values of a data set that lies in one piece.
  std::pair<std::uint64_t, std::uint64_t> place(const std::string& path) const;

 private:
  void walk(Id group, const std::string& path, int depth);
  void look_at(Id object, const std::string& path, int depth);
  TreeLine look_at_data_set(Id data_set, const std::string& path) const;
  Handle open(const std::string& path) const;

  std::set<std::string> groups_;  // empty: all
  std::vector<std::byte> bytes_;  // the library reads them from here, so that no error of reading is its own
  std::uint64_t file_bytes_ = 0;
  Handle file_;
  std::vector<TreeLine> tree_;
  std::map<std::string, std::size_t> known_;
  std::set<std::uint64_t> groups_seen_;
};

}  // namespace fovea::hdf5
