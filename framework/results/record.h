#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fovea {

/// Pairs of name and text whose order is kept.
using TextPairs = std::vector<std::pair<std::string, std::string>>;

/// What a metric measures: filled in once, used for every column of that name.
struct MetricInfo {
  std::string name;
  std::string units = "1";  // UDUNITS text; "1" is a pure number
  std::string long_name;
};

/// One metric over the rows of a table.
struct Column {
  std::string name;
  std::string units = "1";
  std::string long_name;
  std::vector<double> values;
};

/// An array of any rank with named axes, row-major.
struct Array {
  using Values = std::variant<std::vector<float>, std::vector<double>, std::vector<std::int32_t>, std::vector<std::int64_t>>;

  std::string name;  // for a parameter its path, "decoder/pointer/keys"
  std::vector<std::string> axes;
  std::vector<std::int64_t> extents;
  Values values;
  std::string units = "1";
  std::string long_name;
  TextPairs attributes{};                                      // more of them: texts,
  std::vector<std::pair<std::string, std::int64_t>> counts{};  // and whole numbers
};

struct TrainTable {
  std::vector<std::int64_t> step;
  std::vector<Column> columns;  // each as long as `step`
};

/// The evaluations of one split, in the order in which they were made.
struct EvaluationTable {
  std::string split;
  std::vector<std::int64_t> step;     // the training step of each evaluation
  std::vector<Column> columns;        // [evaluation]
  std::vector<std::string> slices;    // names of the groups of items, "N=5"
  std::vector<std::int32_t> correct;  // [item] of the last evaluation: main metric 1 or 0; empty where it is another number
  std::vector<Column> by_slice;       // [evaluation, slice]
  std::optional<double> chance{};     // the main metric of a random guess, where it is known
};

/// How a site chose at each evaluation on the validation split while the run trained.
struct SiteHistory {
  std::vector<std::int64_t> step;  // [evaluation], the training step
  std::vector<Column> columns;     // [evaluation]: entropy, distinct items, counters so far
  std::int64_t experts = 0;        // of a router; else 0
  std::vector<double> load;        // [evaluation, expert], the rows that each expert got
  // The same queries of the first items each time, and the item of the largest weight of each:
  std::vector<std::int64_t> item, query;  // [followed]
  std::vector<std::int32_t> chosen;       // [evaluation, followed]; -1 where nothing was kept
  std::vector<double> weight;             // [evaluation, followed]
};

/// What a site has done, on average.
struct SiteRates {
  double scored_pairs = 0;
  double gathered_rows = 0;           // in forward
  double gathered_rows_backward = 0;  // 0 of an evaluation
};

/// What one site chose on a sample of evaluation items. A row is one query of one item; its kept entries are
/// kept[offsets[row]] up to kept[offsets[row + 1]].
struct SelectionSite {
  std::string path;   // "decoder/pointer"
  std::string text;   // "additive | dense | softmax | none"
  std::string split;  // the evaluation that the sample is of
  // What its items and queries index, "predictions/test/facts:1" being axis 1 of facts; empty: not known.
  std::string key_axis, query_axis;
  std::int64_t heads = 1;                // query h queries_per_head + m is query m of head h
  std::vector<std::int64_t> item;        // [row], the item of the sample
  std::vector<std::int64_t> query;       // [row], the query (or time step) within the item
  std::vector<std::int64_t> offsets{0};  // [row + 1]; a row is closed by appending the size of `kept`
  std::vector<std::int32_t> kept;        // [entry]
  std::vector<double> weights;           // [entry]
  std::vector<double> log_probability;   // [row]; NaN where the selector has none
  std::vector<double> entropy;           // [row], in nats
  std::vector<std::int32_t> right;       // [row], the item that should be chosen, -1: not known; empty: of no row
  std::int64_t query_stride = 1;         // rows are every n-th query of each item, where all had too many entries
  std::int64_t entries_cut = 0;          // entries of the rows that were left out
  Array density;                         // [head, query cell, item cell]: sums of weights, first item; empty: none
  std::vector<double> mass_by_distance;  // [bin], shares of the weight at distance 0, 1, 2 to 3, 4 to 7, ...; empty: none
  std::int64_t scored_pairs = 0;         // counters over the whole run
  std::int64_t gathered_rows_forward = 0;
  std::int64_t gathered_rows_backward = 0;
  std::optional<SiteRates> per_step;     // of training
  std::optional<SiteRates> per_row;      // item of the last evaluation
  std::optional<double> policy_entropy;  // of what training drew from before the last evaluation, in nats
  // Over `figure_rows` rows of the last evaluation, which are all of them but where choices are told query by query:
  std::int64_t figure_rows = 0;
  std::optional<double> dead_share;            // share of the items that are never kept
  std::optional<std::int64_t> distinct_items;  // items that have the largest weight somewhere
  std::optional<double> largest_share;         // share of the choices that fall on the item chosen most
  std::optional<double> mean_entropy;          // of the weights, in nats
  std::optional<double> selection_accuracy;    // where the task knows the right choice
  // Of a router, likewise; an expert's load is the number of rows that it got:
  std::optional<double> max_load;             // the largest over the mean
  std::optional<double> max_violation;        // max_load - 1
  std::optional<double> batch_max_violation;  // the same of each batch, on average
  std::optional<double> dropped;              // share of the choices that found no room
};

/// The text of each word or class.
struct LabelList {
  std::string name;  // "word": the data set label_word; empty: label
  std::vector<std::string> texts;
};

/// Inputs, targets and outputs of the sample of one split.
struct Predictions {
  std::string split;
  std::vector<Array> arrays;
  std::vector<LabelList> labels;
};

struct GraphRecord {
  std::string layers_dot;
  std::string ops_dot;
  std::int64_t parameter_count = 0;
  std::int64_t arena_bytes = 0;  // of one shard, so that it does not depend on the number of threads
};

/// Everything that depends on the wall clock, the host or the way in which the run was started: the only part of the
/// file outside the promise of identical bytes.
struct Clock {
  std::string start;  // ISO 8601, UTC: "2025-01-31T12:00:00Z"
  std::string end;
  std::string host;
  std::string command_line;  // as typed; cut at 8191 bytes
  std::string parent;        // what a resumed run was resumed from; empty otherwise
  std::int64_t threads = 0;
  std::int64_t resumes = 0;
  std::int64_t peak_memory_bytes = 0;
  double seconds = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> train_seconds;  // seconds since the start at each train row; missing ones become NaN
};

/// Everything that results.h5 contains. All but `clock` must be the same for any number of threads and for an
/// interrupted and resumed run.
struct RunRecord {
  std::string experiment;
  std::string run;
  std::int64_t seed = 0;
  std::string state = "running";  // running | finished | stopped | failed
  std::string title;
  std::string history;                              // without dates: the canonical command line
  TextPairs config;                                 // the resolved configuration, in order
  std::map<std::string, std::string> config_types;  // "integer" or "real", of those that are numbers
  std::string config_json;                          // the same as JSON
  TextPairs provenance;  // canonical command line, git commit, config hash, versions, compiler, CPU, ISA, precision
  Clock clock;
  std::vector<MetricInfo> metrics;
  TrainTable train;
  std::vector<EvaluationTable> evaluation;
  std::vector<SelectionSite> selection;
  std::map<std::string, SiteHistory> histories;  // by the path of a site
  std::vector<Predictions> predictions;
  std::vector<Array> parameters;
  std::int64_t parameter_step = 0;                       // the step of training that the parameters come from
  std::vector<std::pair<std::string, double>> annealed;  // numbers that changed in training, as they are with them
  GraphRecord graph;
};

/// Checks the name of a metric, which becomes the name of an array beside those of the framework.
/// Errors    what no file can hold, and the names step, slice, evaluation, loss, learning_rate, gradient_norm.
void expect_metric(const std::string& where, const std::string& name);

struct JournalRow;

/// Appends a train or evaluation row to its table and a site row to its history; state rows set the state; messages change
/// nothing.
/// A metric that is new at this row gets NaN in the rows before it, one that is missing gets NaN in this row.
void add_row(RunRecord& record, const JournalRow& row);

/// The evaluation table of a split, or null.
const EvaluationTable* find_evaluation(const RunRecord& record, std::string_view split);

}  // namespace fovea
