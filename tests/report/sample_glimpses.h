#pragma once

#include <vector>

#include "tests/results/sample_record.h"

namespace fovea::testing {

/// Two images of 2 x 2 regions of 3 x 3 pixels; two steps an item.
inline RunRecord glimpse_record() {
  RunRecord record = sample_record();
  SelectionSite site;
  site.path = "decoder/attention";
  site.text = "additive | dense | softmax | none";
  site.split = "test";
  for (std::int64_t row = 0; row < 4; ++row) {
    site.item.push_back(row / 2);
    site.query.push_back(row % 2);
    site.log_probability.push_back(0);
    site.entropy.push_back(0);
    site.right.push_back(row % 2 == 0 ? 3 : -1);
    const double best = row % 2 == 0 ? 0.5 : 0.92;
    for (std::int32_t region = 0; region < 4; ++region) {
      site.kept.push_back(region);
      site.weights.push_back(region == 1 ? best : region == 2 ? 0.94 - best : 0.03);
    }
    site.offsets.push_back(static_cast<std::int64_t>(site.kept.size()));
  }
  record.selection = {site};
  std::vector<Real> pixels(2 * 6 * 6, Real(0));
  pixels[36 + 7] = Real(0.5);  // of the second image
  record.predictions[0].arrays = {{"image", {"item", "row", "column"}, {2, 6, 6}, pixels, "1", ""},
                                  {"answers", {"item", "time"}, {2, 2}, std::vector<Index>{7, 1, 4, 2}, "1", ""}};
  return record;
}

}  // namespace fovea::testing
