#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "framework/results/read_arrays.h"

namespace fovea {

/// Which rows of the sample of a site: those from one number up to another, or, of one item, those of its queries in that
/// range.
struct RowChoice {
  std::string site;
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::optional<std::int64_t> item = {};
};

/// Exact rows of the sample of a site: {"site", "count", "item", "query", "offsets", "kept", "weights", "right"}, where row
/// i kept kept[offsets[i]] up to kept[offsets[i + 1]], and `right` is null where it is not known. `count` is that of all
/// rows. The arrays of the last site are kept for the next call.
class SiteRows {
 public:
  /// Errors    a file that cannot be read; a site that is not there; rows that are not there, or too many of them.
  std::string rows(const std::filesystem::path& file, const RowChoice& choice);

 private:
  void read(const std::filesystem::path& file, const std::string& site);
  const std::vector<double>& values(const std::string& name) const;
  std::vector<std::size_t> chosen(const RowChoice& choice) const;

  std::string read_;  // what the arrays are of: file, stamp and site
  std::map<std::string, NumberArray> arrays_;
};

}  // namespace fovea
