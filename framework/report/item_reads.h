#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "framework/report/item_sample.h"

namespace fovea {

/// What a run read for the items of its sample, by the sites that ask at most kMostReads times an item. Sites that ask more
/// often are maps rather than reads.
class RunReads {
 public:
  static constexpr std::size_t kMostReads = 64;

  /// Errors    a file that cannot be read.
  explicit RunReads(const std::filesystem::path& file);

  const ItemSample& sample() const { return sample_; }
  const std::vector<SampleSite>& sites() const { return sites_; }
  /// Sites that are left out, and why, as sentences.
  const std::vector<std::string>& notes() const { return notes_; }

  /// The items that the row should have chosen, as far as the file tells: the right one of the row, else the statements that
  /// support the answer.
  std::vector<std::int64_t> right_of(const SampleSite& site, std::size_t row, Extent item) const;
  /// Whether the answer is right.
  std::optional<bool> is_answered(Extent item) const;
  /// Whether what was read most is right: each query that has a right item looked most at it, with some head; where only
  /// supporting statements are known, each of them was looked at most by some read.
  std::optional<bool> is_read_right(Extent item) const;

 private:
  std::vector<std::int64_t> supports_of(const SampleSite& site, Extent item) const;
  std::optional<bool> is_each_right(Extent item) const;

  ItemSample sample_;
  std::vector<SampleSite> sites_;
  std::vector<std::string> notes_;
};

}  // namespace fovea
