#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "framework/results/run_file.h"
#include "framework/runs/listing.h"
#include "tests/results/sample_record.h"

namespace fovea::testing {

/// A router whose second expert takes over, with three heads that look at one item each.
inline SelectionSite sample_router() {
  SelectionSite site = sample_site();
  site.path = "layer_1/router";
  site.scored_pairs = 1000;
  site.heads = 3;
  std::vector<float> cells(3 * 2 * 4, 0.0F);
  for (std::size_t head = 0; head < 3; ++head) cells[head * 8 + head] = 2;  // query 0, item `head`
  site.density = {"density", {"head", "query_cell", "item_cell"}, {3, 2, 4}, cells, "1", ""};
  return site;
}

inline SiteHistory sample_history(double shift) {
  SiteHistory history;
  history.step = {100, 200, 300};
  history.columns = {{"mean_entropy", "nat", "", {1 + shift, 0.5 + shift, 0.25 + shift}},
                     {"distinct_items", "1", "", {9, 6, 3}},
                     {"dead_share", "1", "", {0, 0.25, 0.5}},
                     {"largest_share", "1", "", {0.25, 0.5, 0.75}}};
  history.experts = 2;
  history.load = {30, 10, 20, 20, 10, 30};
  return history;
}

/// A finished run; what a seed changes is `shift`.
inline RunRecord figure_record(std::int64_t seed, double shift, const std::string& site = "top_k(2)") {
  RunRecord record = sample_record();
  record.seed = seed;
  record.config = {{"seed", std::to_string(seed)}, {"site", site}};
  for (double& value : record.evaluation[0].columns[0].values) value += shift;
  for (double& value : record.train.columns[0].values) value += shift;
  record.selection.push_back(sample_router());
  record.histories["layer_1/router"] = sample_history(shift);
  Predictions& test = record.predictions[0];
  test.arrays.push_back(
      {"points", {"item", "point", "axis"}, {2, 3, 2}, std::vector<Real>{0, 0, 1, 0, 1, 1, 5, 5, 6, 5, 6, 7}, "1", ""});
  test.arrays.push_back({"pointers", {"item", "time"}, {2, 3}, std::vector<Index>{2, 0, -1, 1, 2, 0}, "1", ""});
  return record;
}

/// Three seeds of each of two groups, in folders of one directory.
inline void publish_groups(const std::filesystem::path& directory) {
  for (const std::string site : {"top_k(2)", "softmax"}) {
    for (int seed = 1; seed <= 3; ++seed) {
      const std::filesystem::path folder = directory / (site + std::to_string(seed));
      std::filesystem::create_directories(folder);
      RunRecord record = figure_record(seed, 0.1 * (seed - 2), site);
      if (site == "softmax") {
        for (SelectionSite& each : record.selection) each.scored_pairs *= 10;
      }
      publish(record, folder);
    }
  }
}

/// The runs of publish_groups, written and read once for all tests of a program.
inline const RunGroups& published_groups() {
  static const ScratchDirectory scratch;
  static const RunGroups read = [] {
    publish_groups(scratch.path());
    return runs_in(std::vector<std::string>{scratch.path().string()});
  }();
  return read;
}

}  // namespace fovea::testing
