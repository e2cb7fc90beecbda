#pragma once

#include <optional>
#include <string>
#include <vector>

#include "framework/results/summary.h"
#include "framework/runs/text_table.h"

namespace fovea::cli {

/// What a site has chosen, and at what cost. Counts are for each item of training, all others means over the items of the
/// last evaluation.
struct Choices {
  std::string path;  // of the site
  std::string text;  // "dot | dense | top_k | none", without options
  double pairs = 0;  // scored
  double rows = 0;   // read in forward
  double rows_backward = 0;
  std::optional<double> entropy;  // nats; that of what is drawn from in training, where a sampled site has one
  std::optional<double> right;    // the share of choices of the right item
};

std::vector<Choices> choices_of(const RunSummary& summary);

/// All sites together: sums of the counts, means of the others.
std::optional<Choices> all_choices(const std::vector<Choices>& sites);

/// A row for each site.
TextTable sites_table(const std::vector<Choices>& sites);

/// Adds the cells that describe choices: pairs scored, rows read, ...; "-" where nothing is known.
void add_choices(TableRow& row, const std::vector<Choices>& seeds);

}  // namespace fovea::cli
