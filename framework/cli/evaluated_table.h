#pragma once

#include <map>
#include <string>
#include <vector>

#include "framework/results/record.h"
#include "framework/results/summary.h"
#include "framework/runs/text_table.h"

namespace fovea::cli {

/// What runs gave where they were read with other choices: a row for each group of seeds and evaluation, "trained with", a
/// column for each way of choosing, "read with", and in each cell the main metric, its mean and interval over seeds.
class EvaluatedTable {
 public:
  /// The runs that follow belong to this group.
  void begin_row(const std::string& group);
  void add(const std::string& read_with, const RunRecord& record, const RunSummary& parent);
  /// This run could not be evaluated so.
  void add_problem(const std::string& read_with, const std::string& problem);

  bool is_empty() const { return rows_.empty(); }
  bool has_figures() const { return has_figures_; }
  TextTable table() const;

 private:
  struct Row {
    std::string group;
    std::string evaluation;
    std::vector<double> of_run;  // what the run itself found there, where it did
    std::map<std::string, std::vector<double>> values;
  };
  Row& row_of(const std::string& evaluation);
  std::string metric_text() const;

  std::vector<std::string> columns_;
  std::string group_;
  std::vector<Row> rows_;
  std::vector<std::string> metrics_;   // met as main metric
  std::vector<std::string> problems_;  // each once
  bool has_figures_ = false;
};

}  // namespace fovea::cli
