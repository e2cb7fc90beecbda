#include "framework/cli/report_request.h"

#include <fmt/format.h>
#include <optional>
#include <utility>

#include "framework/cli/comparison.h"
#include "framework/cli/wrapping.h"
#include "framework/core/registry.h"
#include "framework/core/text.h"
#include "framework/train/recorder.h"

namespace fovea::cli {
namespace {

/// The text of a part of a docstring, such as Question, on one line; "" where there is none.
std::string part_of(const std::string& doc, const std::string& name) {
  std::string text;
  bool is_inside = false;
  for (std::size_t begin = 0; begin < doc.size();) {
    const std::size_t end = std::min(doc.find('\n', begin), doc.size());
    const std::string line = doc.substr(begin, end - begin);
    begin = end + 1;
    if (line.starts_with(name + "  ")) {
      is_inside = true;
      text += trimmed(std::string_view(line).substr(name.size()));
    } else if (is_inside && line.starts_with(' ')) {
      text.append(" ").append(trimmed(line));
    } else if (is_inside) {
      break;
    }
  }
  return text;
}

DoneRun done_run(const FoundRun& run) {
  DoneRun done{run.run, static_cast<Extent>(run.seed), run.file.parent_path(), {}};
  done.outcome.final_metrics = final_metrics(run.summary.evaluation);
  done.outcome.train_cost = train_cost(run.summary.train);
  return done;
}

/// What papers found, for the options of the first of these runs.
std::vector<Comparison> published_of(const std::string& experiment, const FoundRun& run) {
  try {
    const std::unique_ptr<Experiment> known = Registry<Experiment>::instance().make(experiment);
    Options options;
    known->fields(options);
    for (const auto& [name, value] : run.summary.config) {
      // An empty list cannot be typed; it is the default of the options that have one.
      if (options.knows(name) && !value.empty()) options.set(name, value);
    }
    return known->published();
  } catch (const Error&) {
    return {};  // options of another version
  }
}

AboutExperiment about(const RunGroups& runs, const std::string& experiment, const PluginInfo& info) {
  AboutExperiment about{first_line(info.doc), part_of(info.doc, "Question"), part_of(info.doc, "Expect"), {}};
  std::vector<DoneRun> done;
  const FoundRun* first = nullptr;
  for (const RunGroup& group : runs.groups) {
    if (group.experiment != experiment) continue;
    for (const FoundRun& run : group.runs) {
      if (!run.is_finished()) continue;
      if (first == nullptr) first = &run;
      done.push_back(done_run(run));
    }
  }
  if (first == nullptr) return about;
  for (const Comparison& comparison : published_of(experiment, *first)) {
    if (std::optional<TextTable> table = published_table(comparison, done)) about.published.push_back(*std::move(table));
  }
  return about;
}

}  // namespace

ReportRequest report_request(const RunGroups& runs, const std::string& command) {
  ReportRequest request{fmt::format("fovea {} ({})", FOVEA_VERSION, kPrecision), command, {}};
  for (const RunGroup& group : runs.groups) {
    const std::string& name = group.experiment;
    const PluginInfo* const info = Catalogue::instance().find(Experiment::kKind, name);
    if (info != nullptr && request.about.count(name) == 0) request.about[name] = about(runs, name, *info);
  }
  return request;
}

}  // namespace fovea::cli
