#include "framework/results/record_image.h"

#include <algorithm>
#include <limits>
#include <span>

#include "framework/core/error.h"
#include "framework/results/hdf5.h"
#include "framework/results/hdf5_write.h"
#include "framework/results/run_file.h"

namespace fovea {
namespace {

using hdf5::Axes;
using hdf5::Growth;
using hdf5::Handle;
using hdf5::Id;

std::int64_t count(const auto& values) { return static_cast<std::int64_t>(values.size()); }

void write_pairs(Id group, const TextPairs& pairs) {
  for (const auto& [name, text] : pairs) hdf5::write_attribute(group, name, std::string_view(text));
}

/// Arrays of one group: all axes are announced, then each array is written and attached to them.
void write_arrays(Id group, Axes& axes, const std::vector<Array>& arrays) {
  for (const Array& array : arrays) axes.announce(array);
  for (const Array& array : arrays) {
    const Handle data_set = hdf5::write_array(group, array.name, array);
    write_pairs(data_set.id(), array.attributes);
    for (const auto& [name, number] : array.counts) hdf5::write_attribute(data_set.id(), name, number);
    axes.attach(data_set.id(), array);
  }
}

std::vector<std::string> names_of(const std::vector<Array>& arrays) {
  std::vector<std::string> names;
  for (const Array& array : arrays) names.push_back(array.name.substr(0, array.name.find('/')));
  return names;
}

Array column_array(const Column& column, const std::vector<std::string>& axes, const std::vector<std::int64_t>& extents) {
  return {column.name, axes, extents, column.values, column.units, column.long_name};
}

Array row_array(std::string name, const std::string& axis, Array::Values values, std::string long_name) {
  const std::int64_t rows = std::visit([](const auto& vector) { return count(vector); }, values);
  return {std::move(name), {axis}, {rows}, std::move(values), "1", std::move(long_name)};
}

/// Numbers as such, everything else as text.
void write_config(Id group, const RunRecord& record) {
  for (const auto& [name, text] : record.config) {
    const auto type = record.config_types.find(name);
    if (type == record.config_types.end()) {
      hdf5::write_attribute(group, name, std::string_view(text));
    } else if (type->second == "integer") {
      hdf5::write_attribute(group, name, std::int64_t{std::stoll(text)});
    } else {
      hdf5::write_attribute(group, name, std::stod(text));
    }
  }
}

void write_root(Id file, const RunRecord& record) {
  hdf5::write_attribute(file, "Conventions", "CF-1.10");
  hdf5::write_attribute(file, "title", record.title);
  hdf5::write_attribute(file, "history", record.history);
  hdf5::write_attribute(file, "fovea_schema", std::int64_t{kResultsSchema});
  hdf5::write_attribute(file, "experiment", record.experiment);
  hdf5::write_attribute(file, "run", record.run);
  hdf5::write_attribute(file, "seed", record.seed);
  hdf5::write_attribute(file, "state", record.state);
  const Handle config = hdf5::make_group(file, "config");
  write_config(config.id(), record);
  hdf5::write_text(config.id(), "json", record.config_json);
  const Handle provenance = hdf5::make_group(file, "provenance");
  write_pairs(provenance.id(), record.provenance);
}

void write_train(Id file, const TrainTable& table) {
  const Handle group = hdf5::make_group(file, "train");
  const Array step = row_array("step", "step", table.step, "training steps taken");
  const Handle scale = hdf5::write_array(group.id(), "step", step, Growth::kFirstAxis);
  Axes axes(group.id(), {});
  axes.set_coordinates(scale.id(), "step", count(table.step));
  for (const Column& column : table.columns) {
    const Array array = column_array(column, {"step"}, {count(table.step)});
    const Handle data_set = hdf5::write_array(group.id(), column.name, array, Growth::kFirstAxis);
    axes.attach(data_set.id(), array);
  }
}

void write_evaluation(Id parent, const EvaluationTable& table) {
  const Handle group = hdf5::make_group(parent, table.split);
  if (table.chance) hdf5::write_attribute(group.id(), "chance", *table.chance);
  const std::int64_t rows = count(table.step);
  std::vector<Array> arrays{row_array("step", "evaluation", table.step, "training steps taken at the evaluation")};
  for (const Column& column : table.columns) arrays.push_back(column_array(column, {"evaluation"}, {rows}));
  for (const Column& column : table.by_slice) {
    arrays.push_back(column_array(column, {"evaluation", "slice"}, {rows, count(table.slices)}));
    arrays.back().name += "_by_slice";
  }
  if (!table.correct.empty()) {
    arrays.push_back(
        row_array("correct", "item", table.correct, "1 where the last evaluation found the main metric to be 1"));
  }
  Axes axes(group.id(), names_of(arrays));
  Handle names;
  if (!table.slices.empty()) {
    names = hdf5::write_texts(group.id(), "slice", table.slices);
    axes.set_coordinates(names.id(), "slice", count(table.slices));
  }
  write_arrays(group.id(), axes, arrays);
}

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

std::string name_of(const LabelList& list) { return list.name.empty() ? "label" : "label_" + list.name; }

void write_predictions(Id parent, const Predictions& predictions) {
  const Handle group = hdf5::make_group(parent, predictions.split);
  std::vector<std::string> taken = names_of(predictions.arrays);
  taken.emplace_back("label");
  for (const LabelList& list : predictions.labels) taken.push_back(name_of(list));
  Axes axes(group.id(), taken);
  std::vector<Handle> labels;
  for (const LabelList& list : predictions.labels) {
    labels.push_back(hdf5::write_texts(group.id(), name_of(list), list.texts));
    axes.set_coordinates(labels.back().id(), name_of(list), count(list.texts));
  }
  write_arrays(group.id(), axes, predictions.arrays);
}

void write_parameters(Id file, const std::vector<Array>& parameters) {
  const Handle root = hdf5::make_group(file, "parameters");
  Axes axes(root.id(), names_of(parameters));
  for (const Array& parameter : parameters) axes.announce(parameter);
  for (const Array& parameter : parameters) {
    const std::size_t slash = parameter.name.rfind('/');
    Handle inner;
    if (slash != std::string::npos) inner = hdf5::make_group(root.id(), parameter.name.substr(0, slash));
    const Id group = slash == std::string::npos ? root.id() : inner.id();
    const Handle data_set = hdf5::write_array(group, parameter.name.substr(slash + 1), parameter);
    std::string names;
    for (const std::string& axis : parameter.axes) names += (names.empty() ? "" : " ") + axis;
    hdf5::write_attribute(data_set.id(), "axes", names);
    axes.attach(data_set.id(), parameter);
  }
}

void write_graph(Id file, const GraphRecord& graph) {
  const Handle group = hdf5::make_group(file, "graph");
  hdf5::write_attribute(group.id(), "parameter_count", graph.parameter_count);
  hdf5::write_attribute(group.id(), "arena_bytes", graph.arena_bytes);
  hdf5::write_text(group.id(), "layers", graph.layers_dot);
  hdf5::write_text(group.id(), "ops", graph.ops_dot);
}

/// Every value has a place of fixed size, so that all other bytes of the file stay where they are.
void write_clock(Id file, const Clock& clock, std::size_t train_rows) {
  constexpr std::size_t kShort = 64;
  constexpr std::size_t kPath = 1024;
  constexpr std::size_t kLong = 8192;
  const Handle group = hdf5::make_group(file, "clock");
  hdf5::write_plain_text(group.id(), "start", clock.start, kShort);
  hdf5::write_plain_text(group.id(), "end", clock.end, kShort);
  hdf5::write_plain_text(group.id(), "host", clock.host, kPath);
  hdf5::write_plain_text(group.id(), "command_line", clock.command_line, kLong);
  hdf5::write_plain_text(group.id(), "parent", clock.parent, kPath);
  const auto number = [&](const char* name, auto value, const char* units) {
    const Handle data_set = hdf5::write_plain(group.id(), name, std::span<const decltype(value)>(&value, 1), true);
    hdf5::write_attribute(data_set.id(), "units", std::string_view(units));
  };
  number("threads", clock.threads, "1");
  number("resumes", clock.resumes, "1");
  number("peak_memory", clock.peak_memory_bytes, "byte");
  number("seconds", clock.seconds, "s");
  std::vector<double> seconds = clock.train_seconds;
  seconds.resize(train_rows, std::numeric_limits<double>::quiet_NaN());
  const Handle data_set = hdf5::write_plain(group.id(), "train_seconds", std::span<const double>(seconds), false);
  hdf5::write_attribute(data_set.id(), "units", std::string_view("s"));
  hdf5::write_attribute(data_set.id(), "long_name", std::string_view("time since the start at each train row"));
  const Array shape{"train_seconds", {"row"}, {count(seconds)}, {}, {}, {}};
  Axes axes(group.id(), {});
  axes.announce(shape);
  axes.attach(data_set.id(), shape);
}

}  // namespace

std::vector<std::byte> image_of(const RunRecord& record) {
  const hdf5::Session session;
  hdf5::FileImage file;
  write_root(file.id(), record);
  write_train(file.id(), record.train);
  Handle group = hdf5::make_group(file.id(), "evaluation");
  for (const EvaluationTable& table : record.evaluation) write_evaluation(group.id(), table);
  group = hdf5::make_group(file.id(), "selection");
  for (const SelectionSite& site : record.selection) {
    const auto history = record.histories.find(site.path);
    write_site(group.id(), site, history == record.histories.end() ? nullptr : &history->second);
  }
  group = hdf5::make_group(file.id(), "predictions");
  for (const Predictions& split : record.predictions) write_predictions(group.id(), split);
  group.close();
  write_parameters(file.id(), record.parameters);
  write_graph(file.id(), record.graph);
  write_clock(file.id(), record.clock, record.train.step.size());
  return file.finish();
}

}  // namespace fovea
