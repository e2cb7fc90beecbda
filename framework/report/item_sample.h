#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "framework/core/real.h"
#include "framework/results/read_arrays.h"
#include "framework/results/read_outline.h"

// The sample of items that a run keeps: what it read, chose and answered. All of it comes from a file that may be hostile.
namespace fovea {

/// An axis of an array of /predictions.
struct SampleAxis {
  std::string array;  // empty: the file does not say it
  std::size_t axis = 1;
};

/// An array of /predictions; its first axis is the items of the sample.
struct SampleArray {
  std::string name;
  std::string meaning;                  // what the numbers are, where the file says it: token, class, item, mask, ...
  std::string labels;                   // the list of texts that has one for each number; empty: none
  std::optional<std::int64_t> padding;  // the number that stands for nothing
  SampleAxis place_in;                  // where its numbers are places
  std::vector<std::int64_t> shape;
  bool is_whole = false;
  std::vector<double> values;

  std::int64_t extent(std::size_t axis) const { return axis < shape.size() ? shape[axis] : 1; }
  /// The numbers of one item.
  std::span<const double> of(Extent item) const;
};

/// What one site chose, by rows: a row is one query of one item.
struct SampleSite {
  std::string path, text;
  std::int64_t heads = 1;
  std::int64_t query_stride = 1;
  std::int64_t entries_cut = 0;
  std::int64_t queries = 0;  // of one head, as far as the file tells
  std::int64_t items = 0;    // that can be chosen, likewise
  SampleAxis keys, asked;    // what items and queries are

  std::vector<std::vector<std::size_t>> rows;  // [item], in the order of the file
  std::vector<std::int64_t> query;             // [row]; query h queries + m is query m of head h
  std::vector<std::int64_t> right;             // [row]; -1: not known
  std::vector<std::size_t> offsets;            // [row + 1]
  std::vector<std::int64_t> kept;              // [entry]
  std::vector<double> weights;                 // [entry]

  std::span<const std::int64_t> kept_of(std::size_t row) const;
  std::span<const double> weights_of(std::size_t row) const;
  std::int64_t head_of(std::size_t row) const { return queries > 0 ? query[row] / queries : 0; }
  std::int64_t query_of(std::size_t row) const { return queries > 0 ? query[row] % queries : query[row]; }
  /// The item of the largest weight, of equal ones the lowest; -1 where nothing was allowed.
  std::int64_t best_of(std::size_t row) const;
};

/// The sample without its sites, which can be large and are read one at a time.
class ItemSample {
 public:
  /// Errors    a file that cannot be read.
  explicit ItemSample(std::filesystem::path file);

  const std::string& split() const { return split_; }
  Extent items() const { return items_; }
  /// The text of a number of an array; null where it has none.
  const std::string* label(const SampleArray& array, double number) const;
  const std::vector<SampleArray>& arrays() const { return arrays_; }
  const SampleArray* find(const std::string& name) const;
  /// Paths of the sites that chose on this split, by their names.
  const std::vector<std::string>& sites() const { return sites_; }
  /// Whether the main metric of an item is 1, where the file says it.
  std::optional<bool> is_correct(Extent item) const;
  /// Nothing where the arrays of a site are missing or disagree.
  std::optional<SampleSite> site(const std::string& path) const;
  /// An array of a site, such as "density"; empty where there is none.
  NumberArray site_array(const std::string& path, const std::string& name) const;

 private:
  void find_sites();
  /// Paths of the arrays of sites that are read together with the sample, as far as there is room.
  std::vector<std::string> small_site_arrays(std::int64_t room) const;
  void choose_split();
  void read_predictions();
  SampleArray array_of(const std::string& name, const OutlineEntry& found, std::vector<double> values) const;
  void describe(SampleSite& site) const;
  const OutlineEntry* entry(const std::string& path) const;

  std::filesystem::path file_;
  std::map<std::string, OutlineEntry> outline_;
  std::string split_;
  Extent items_ = 0;
  std::map<std::string, std::vector<std::string>> labels_;
  std::vector<SampleArray> arrays_;
  std::vector<std::string> sites_;
  std::vector<double> correct_;
  std::map<std::string, NumberArray> site_arrays_;  // those that were read with the sample
};

}  // namespace fovea
