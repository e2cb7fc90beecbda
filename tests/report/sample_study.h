#pragma once

#include "framework/results/table_file.h"

namespace fovea::testing {

/// What `fovea study` writes, with two rows.
inline TableRecord sample_study() {
  TableRecord table;
  table.title = "fovea study of the estimators at site";
  table.attributes = {
      {"experiment", "soft_vs_hard"}, {"run", "sample"}, {"site", "decoder/site"}, {"samples", "200"}, {"seed", "1"}};
  table.axis = "estimator";
  table.rows = {"exact", "reinforce(baseline=none)"};
  table.columns = {{"bias", "1", "", {1e-9, 0.2}},     {"bias_error", "1", "", {0, 0.19}},
                   {"variance", "1", "", {1e-9, 150}}, {"square_error", "1", "", {0, 151}},
                   {"cosine", "1", "", {1, 0.4}},      {"seconds", "s", "", {0.1, 0.2}}};
  return table;
}

}  // namespace fovea::testing
