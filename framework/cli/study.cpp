#include "framework/train/study.h"

#include <fmt/format.h>
#include <ostream>

#include "framework/attention/site/site.h"
#include "framework/cli/command.h"
#include "framework/cli/output_file.h"
#include "framework/cli/plugin_library.h"
#include "framework/cli/resolve.h"
#include "framework/cli/screen.h"
#include "framework/results/table_file.h"

namespace fovea::cli {
namespace {

struct Arguments {
  std::string what;
  ExperimentArguments experiment;
  std::string site;
  std::vector<std::string> candidates;
  Extent samples = 200;
  std::string run;
  std::string file;
  bool quiet = false;

  void fields(ArgumentList& list) {
    list.word("what", what, "estimators or selectors");
    experiment.fields(list);
    list.option("--site", site, "path of the site, where the model has more than one");
    list.repeated("--of", candidates, "what is compared; may be repeated; by default all that are known");
    list.option("--samples", samples, "gradients of each, >= 1", {1, 100000000});
    list.option("--run", run, "name of a run; by default the first one");
    list.option("-o", file, "HDF5 file for the table");
    list.flag("--quiet", quiet, "print the table only");
    add_plugins(list, experiment.plugins);
  }
};

StudySpec::Part part_of(const std::string& what) {
  if (what == "estimators") return StudySpec::Part::kEstimator;
  if (what == "selectors") return StudySpec::Part::kSelector;
  throw UsageError("fovea study", unknown_name(what, std::vector<std::string>{"estimators", "selectors"}));
}

const char* kind_of(StudySpec::Part part) {
  return part == StudySpec::Part::kEstimator ? Estimator::kKind : Selector::kKind;
}

void print(const StudyReport& report, const std::string& kind, std::ostream& out) {
  out << fmt::format("site {}  {}\nexact gradient: {}\n\n", report.site, report.text, report.reference);
  std::vector<std::vector<std::string>> cells{
      {kind, "draws", "loss", "bias", "+-", "variance", "square error", "cosine", "ms", "rows forward", "rows backward"}};
  for (const StudyRow& row : report.rows) {
    if (!row.problem.empty()) continue;
    cells.push_back({row.name, figure_text(row.draws), figure_text(row.loss), figure_text(row.bias),
                     figure_text(row.bias_error), figure_text(row.variance), figure_text(row.error), figure_text(row.cosine),
                     figure_text(1e3 * row.seconds), figure_text(row.rows_forward), figure_text(row.rows_backward)});
  }
  out << table_text(cells, {false, true, true, true, true, true, true, true, true, true, true});
  for (const StudyRow& row : report.rows) {
    if (!row.problem.empty()) out << fmt::format("left out: {}: {}\n", row.name, row.problem);
  }
  out << "\nbias, variance and square error are relative to the length of the exact gradient and its square; +- is the bias "
         "that\n"
         "would be measured if there were none; cosine is that of one sample; rows are read at the site for each item of "
         "the batch.\n";
}

TableRecord table_of(const StudyReport& report, const StudySpec& spec, const std::string& experiment) {
  TableRecord table;
  table.title = fmt::format("fovea study of the {}s at {}", kind_of(spec.part), report.site);
  table.attributes = {{"experiment", experiment},
                      {"run", spec.run.name},
                      {"site", report.site},
                      {"text", report.text},
                      {"exact_gradient", report.reference},
                      {"samples", std::to_string(spec.samples)},
                      {"seed", std::to_string(spec.run.train.seed)}};
  table.axis = kind_of(spec.part);
  const auto column = [&](const char* name, const char* units, const char* long_name, auto member) {
    Column made{name, units, long_name, {}};
    for (const StudyRow& row : report.rows) {
      if (row.problem.empty()) made.values.push_back(row.*member);
    }
    table.columns.push_back(std::move(made));
  };
  for (const StudyRow& row : report.rows) {
    if (row.problem.empty()) table.rows.push_back(row.name);
  }
  column("draws", "1", "evaluations of each item", &StudyRow::draws);
  column("loss", "1", "mean cost", &StudyRow::loss);
  column("bias", "1", "distance of the mean gradient from the exact one, relative", &StudyRow::bias);
  column("bias_error", "1", "what bias would be measured if there were none", &StudyRow::bias_error);
  column("variance", "1", "variance summed over parameters, relative", &StudyRow::variance);
  column("square_error", "1", "mean square error summed over parameters, relative", &StudyRow::error);
  column("cosine", "1", "cosine of one gradient and the exact one, mean", &StudyRow::cosine);
  column("seconds", "s", "median time of a gradient", &StudyRow::seconds);
  column("gathered_rows_forward", "1", "value rows read at the site for each item", &StudyRow::rows_forward);
  column("gathered_rows_backward", "1", "value rows touched in backward for each item", &StudyRow::rows_backward);
  return table;
}

int study(const Arguments& arguments, const Console& console) {
  if (!arguments.file.empty()) check_output(arguments.file);
  const ResolvedExperiment experiment = resolve(arguments.experiment);
  StudySpec spec;
  spec.part = part_of(arguments.what);
  spec.run = find_run(experiment, arguments.run);
  spec.site = arguments.site;
  spec.samples = arguments.samples;
  spec.candidates = arguments.candidates;
  if (spec.candidates.empty()) spec.candidates = Catalogue::instance().names(kind_of(spec.part));
  const StudyReport report = run_study(spec, [&](std::size_t number, std::size_t count, const std::string& name) {
    if (!arguments.quiet) console.err << fmt::format("{}/{}  {}\n", number + 1, count, name) << std::flush;
  });
  print(report, kind_of(spec.part), console.out);
  if (!arguments.file.empty()) {
    write_output_file(arguments.file, image_of(table_of(report, spec, experiment.name)));
    console.out << fmt::format("results   {}\n", arguments.file);
  }
  return kOk;
}

}  // namespace

const Command kStudy = {
    "study", "compare the gradients of estimators or of selectors at one site with the exact gradient",
    "  fovea study estimators soft_vs_hard --run sample\n"
    "  fovea study estimators soft_vs_hard --run sample --of exact --of \"reinforce(baseline=leave_one_out, draws=4)\"\n"
    "  fovea study selectors soft_vs_hard --of softmax --of \"argmax | straight_through\" --samples 1000 -o study.h5\n",
    run_with<Arguments, study>};

}  // namespace fovea::cli
