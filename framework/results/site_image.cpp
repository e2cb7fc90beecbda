#include "framework/results/site_image.h"

#include <algorithm>

#include "framework/core/error.h"
#include "framework/results/hdf5_write.h"
#include "framework/results/image_parts.h"

namespace fovea::image {
namespace {

using hdf5::Axes;
using hdf5::Handle;
using hdf5::Id;

/// Offsets have one entry more than there are rows: a separate axis.
std::vector<Array> arrays_of(const SelectionSite& site) {
  std::vector<Array> arrays{
      row_array("item", "row", site.item, "item of the sample"),
      row_array("query", "row", site.query, "query or time step within the item"),
      row_array("offsets", "row_end", site.offsets, "the entries of row i are offsets[i] to offsets[i + 1]"),
      row_array("kept", "entry", site.kept, "index of a kept item"),
      row_array("weights", "entry", site.weights, "weight of a kept item"),
      row_array("log_probability", "row", site.log_probability, "log-probability of the choice"),
      row_array("entropy", "row", site.entropy, "entropy of the weights")};
  arrays[5].units = arrays[6].units = "nat";
  if (!site.right.empty())
    arrays.push_back(row_array("right", "row", site.right, "item that should be chosen, -1: not known"));
  if (!site.density.extents.empty()) arrays.push_back(site.density);
  if (!site.mass_by_distance.empty()) {
    arrays.push_back(row_array("mass_by_distance", "distance", site.mass_by_distance,
                               "share of the weight at |query - item| = 0, 1, 2 to 3, 4 to 7, ..."));
  }
  return arrays;
}

/// [evaluation, NAME] beside [evaluation].
Array table_array(std::string name, const std::string& axis, std::int64_t evaluations, Array::Values values,
                  std::string long_name) {
  const std::int64_t size = std::visit([](const auto& vector) { return count(vector); }, values);
  const std::int64_t columns = evaluations == 0 ? 0 : size / evaluations;
  return {std::move(name), {"evaluation", axis}, {evaluations, columns}, std::move(values), "1", std::move(long_name)};
}

void write_history(Id site, const SiteHistory& history) {
  const Handle group = hdf5::make_group(site, "over_training");
  const std::int64_t rows = count(history.step);
  std::vector<Array> arrays{row_array("step", "evaluation", history.step, "training steps taken at the evaluation")};
  for (const Column& column : history.columns) arrays.push_back(column_array(column, {"evaluation"}, {rows}));
  if (history.experts > 0) {
    arrays.push_back(table_array("load", "expert", rows, history.load, "rows that each expert got in the evaluation"));
  }
  if (!history.item.empty()) {
    arrays.push_back(row_array("followed_item", "followed", history.item, "item of the split"));
    arrays.push_back(row_array("followed_query", "followed", history.query, "query or time step within the item"));
    arrays.push_back(table_array("chosen", "followed", rows, history.chosen, "item of the largest weight, -1: none"));
    arrays.push_back(table_array("weight", "followed", rows, history.weight, "that weight"));
  }
  Axes axes(group.id(), names_of(arrays));
  write_arrays(group.id(), axes, arrays);
}

void check_site(const SelectionSite& site) {
  const std::size_t rows = site.item.size();
  const bool rows_agree = site.query.size() == rows && site.log_probability.size() == rows && site.entropy.size() == rows &&
                          site.offsets.size() == rows + 1 && (site.right.empty() || site.right.size() == rows);
  const bool entries_agree = site.weights.size() == site.kept.size() && rows_agree && site.offsets.front() == 0 &&
                             std::is_sorted(site.offsets.begin(), site.offsets.end()) &&
                             site.offsets.back() == count(site.kept);
  if (rows_agree && entries_agree) return;
  throw Error(site.path,
              "expected a selection with one item, query, log-probability and entropy for each row, rows + 1 "
              "ascending offsets from 0 to the number of entries, and one weight for each kept index; their "
              "lengths disagree; fill all of them, or none.");
}

void write_rates(Id group, const SelectionSite& site) {
  if (site.per_step) {
    hdf5::write_attribute(group, "scored_pairs_per_step", site.per_step->scored_pairs);
    hdf5::write_attribute(group, "gathered_rows_forward_per_step", site.per_step->gathered_rows);
    hdf5::write_attribute(group, "gathered_rows_backward_per_step", site.per_step->gathered_rows_backward);
  }
  if (site.per_row) {
    hdf5::write_attribute(group, "scored_pairs_per_row", site.per_row->scored_pairs);
    hdf5::write_attribute(group, "gathered_rows_per_row", site.per_row->gathered_rows);
  }
  if (site.policy_entropy) hdf5::write_attribute(group, "policy_entropy", *site.policy_entropy);
  if (site.figure_rows > 0) hdf5::write_attribute(group, "figure_rows", site.figure_rows);
}

}  // namespace

void write_site(Id parent, const SelectionSite& site, const SiteHistory* history) {
  check_site(site);
  const Handle group = hdf5::make_group(parent, site.path);
  hdf5::write_attribute(group.id(), "site", site.text);
  hdf5::write_attribute(group.id(), "scored_pairs", site.scored_pairs);
  hdf5::write_attribute(group.id(), "gathered_rows_forward", site.gathered_rows_forward);
  hdf5::write_attribute(group.id(), "gathered_rows_backward", site.gathered_rows_backward);
  if (site.dead_share) hdf5::write_attribute(group.id(), "dead_share", *site.dead_share);
  if (site.distinct_items) hdf5::write_attribute(group.id(), "distinct_items", *site.distinct_items);
  if (site.largest_share) hdf5::write_attribute(group.id(), "largest_share", *site.largest_share);
  if (site.mean_entropy) hdf5::write_attribute(group.id(), "mean_entropy", *site.mean_entropy);
  if (site.selection_accuracy) hdf5::write_attribute(group.id(), "selection_accuracy", *site.selection_accuracy);
  if (site.max_load) hdf5::write_attribute(group.id(), "max_load", *site.max_load);
  if (site.max_violation) hdf5::write_attribute(group.id(), "max_violation", *site.max_violation);
  if (site.batch_max_violation) hdf5::write_attribute(group.id(), "batch_max_violation", *site.batch_max_violation);
  if (site.dropped) hdf5::write_attribute(group.id(), "dropped", *site.dropped);
  write_rates(group.id(), site);
  if (!site.split.empty()) hdf5::write_attribute(group.id(), "split", site.split);
  if (!site.key_axis.empty()) hdf5::write_attribute(group.id(), "keys", site.key_axis);
  if (!site.query_axis.empty()) hdf5::write_attribute(group.id(), "queries", site.query_axis);
  hdf5::write_attribute(group.id(), "heads", site.heads);
  hdf5::write_attribute(group.id(), "query_stride", site.query_stride);
  hdf5::write_attribute(group.id(), "entries_cut", site.entries_cut);
  const std::vector<Array> arrays = arrays_of(site);
  Axes axes(group.id(), names_of(arrays));
  write_arrays(group.id(), axes, arrays);
  if (history != nullptr) write_history(group.id(), *history);
}

}  // namespace fovea::image
