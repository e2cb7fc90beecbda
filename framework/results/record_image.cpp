#include "framework/results/record_image.h"

#include <limits>
#include <span>

#include "framework/results/hdf5.h"
#include "framework/results/hdf5_write.h"
#include "framework/results/image_parts.h"
#include "framework/results/run_file.h"
#include "framework/results/site_image.h"

namespace fovea {
namespace {

using hdf5::Axes;
using hdf5::Growth;
using hdf5::Handle;
using hdf5::Id;
using image::column_array;
using image::count;
using image::names_of;
using image::row_array;
using image::write_arrays;
using image::write_pairs;

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

void write_parameters(Id file, const RunRecord& record) {
  const std::vector<Array>& parameters = record.parameters;
  const Handle root = hdf5::make_group(file, "parameters");
  hdf5::write_attribute(root.id(), "step", record.parameter_step);
  for (const auto& [path, value] : record.annealed) hdf5::write_attribute(root.id(), "annealed " + path, value);
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
    image::write_site(group.id(), site, history == record.histories.end() ? nullptr : &history->second);
  }
  group = hdf5::make_group(file.id(), "predictions");
  for (const Predictions& split : record.predictions) write_predictions(group.id(), split);
  group.close();
  write_parameters(file.id(), record);
  write_graph(file.id(), record.graph);
  write_clock(file.id(), record.clock, record.train.step.size());
  return file.finish();
}

}  // namespace fovea
