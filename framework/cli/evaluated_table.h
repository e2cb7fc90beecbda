#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "framework/core/real.h"
#include "framework/results/record.h"
#include "framework/runs/text_table.h"

namespace fovea::cli {

/// What runs gave where they were read with other choices: a row for each group of seeds and evaluation, "trained with", a
/// column for each way of choosing, "read with", and in each cell the main metric, its mean and interval over seeds.
class EvaluatedTable {
 public:
  /// The runs that follow belong to this group.
  void begin_row(const std::string& group);
  /// The figures that follow are of this seed.
  void begin_seed(Extent seed) { seed_ = seed; }
  /// `own`: what the run itself found at the evaluations that are its own.
  void add(const std::string& read_with, const RunRecord& record, const std::map<std::string, double>& own);
  /// This run could not be evaluated so.
  void add_problem(const std::string& read_with, const std::string& problem);

  bool is_empty() const { return rows_.empty(); }
  bool has_figures() const { return has_figures_; }
  bool has_problems() const { return !problems_.empty(); }
  TextTable table() const;

 private:
  struct Row {
    std::string group;
    std::string evaluation;
    std::vector<double> of_run;     // what the runs themselves found there, where they did
    std::set<Extent> seeds_of_run;  // whose figures these are
    std::map<std::string, std::vector<double>> values;
  };
  Row& row_of(const std::string& evaluation);
  std::string metric_text() const;

  std::vector<std::string> columns_;
  std::string group_;
  Extent seed_ = 0;
  std::vector<Row> rows_;
  std::vector<std::string> metrics_;   // met as main metric
  std::vector<std::string> problems_;  // each once
  bool has_figures_ = false;
};

}  // namespace fovea::cli
