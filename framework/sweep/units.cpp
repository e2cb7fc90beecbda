#include "framework/sweep/units.h"

#include <fmt/format.h>
#include <algorithm>

#include "framework/core/error.h"
#include "framework/files/atomic_file.h"
#include "framework/files/posix_file.h"
#include "framework/results/brief.h"
#include "framework/results/run_file.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code none;
  return fs::exists(path, none);
}

const EvaluationTable* validation_of(const RunSummary& summary) {
  const auto found = std::find_if(summary.evaluation.begin(), summary.evaluation.end(),
                                  [](const EvaluationTable& table) { return table.split == "validation"; });
  const bool has_values = found != summary.evaluation.end() && !found->columns.empty() && !found->step.empty() &&
                          found->columns.front().values.size() == found->step.size();
  return has_values ? &*found : nullptr;
}

FoundRun found_of(const fs::path& file, BriefAnswer answer) {
  if (!answer.summary) return damaged_run(file, answer.problem);
  return found_run(file, *std::move(answer.summary));
}

}  // namespace

std::string Unit::name() const { return (folder.parent_path().filename() / folder.filename()).string(); }

std::vector<Unit> units_of(const Definition& definition, const fs::path& folder) {
  std::vector<Unit> units;
  for (std::size_t point = 0; point < definition.points.size(); ++point) {
    const fs::path place = folder / point_folder(point, definition.points[point]);
    for (Extent k = 0; k < definition.seeds; ++k) {
      Unit unit{point, definition.first_seed + k, place / fmt::format("seed{}", definition.first_seed + k), {}};
      for (const std::string& run : definition.runs) {
        unit.runs.push_back(definition.runs.size() == 1 ? unit.folder : unit.folder / run);
      }
      units.push_back(std::move(unit));
    }
  }
  return units;
}

bool UnitResults::is_finished() const {
  return std::all_of(runs.begin(), runs.end(), [](const FoundRun& run) { return run.is_finished(); });
}

std::vector<UnitResults> read_units(std::span<const Unit> units) {
  std::vector<fs::path> files;
  for (const Unit& unit : units) {
    for (const fs::path& run : unit.runs) {
      if (is_there(run / kResultsName)) files.push_back(run / kResultsName);
    }
  }
  std::vector<BriefAnswer> answers = read_briefs(files);
  std::vector<UnitResults> results;
  std::size_t next = 0;
  for (const Unit& unit : units) {
    UnitResults& result = results.emplace_back();
    for (const fs::path& run : unit.runs) {
      const bool is_read = next < files.size() && files[next] == run / kResultsName;
      result.runs.push_back(is_read ? found_of(files[next], std::move(answers[next])) : FoundRun{});
      next += is_read ? 1 : 0;
    }
    result.has_failed = !result.is_finished() && is_there(unit.folder / kFailedName);
  }
  return results;
}

std::optional<double> validation_at(const FoundRun& run, Extent step) {
  const EvaluationTable* table = validation_of(run.summary);
  if (table == nullptr || table->step.back() < step) return std::nullopt;
  if (step == 0 || table->step.back() == step) return table->columns.front().values.back();
  const FoundRun whole = read_run(run.file);  // the list of runs has the last row alone
  table = validation_of(whole.summary);
  if (table == nullptr) return std::nullopt;
  const auto found = std::find(table->step.begin(), table->step.end(), step);
  if (found == table->step.end()) return std::nullopt;
  return table->columns.front().values[static_cast<std::size_t>(found - table->step.begin())];
}

std::vector<std::optional<double>> means_at(std::span<const Unit> units, std::span<const std::size_t> points, Extent step) {
  const std::vector<UnitResults> results = read_units(units);
  std::vector<std::optional<double>> means;
  for (const std::size_t point : points) {
    double sum = 0;
    Extent count = 0;
    bool has_all = true;
    for (std::size_t i = 0; i < units.size(); ++i) {
      if (units[i].point != point) continue;
      const std::optional<double> value = validation_at(results[i].runs.front(), step);
      has_all = has_all && value.has_value();
      sum += value.value_or(0);
      ++count;
    }
    means.push_back(has_all && count > 0 ? std::optional(sum / static_cast<double>(count)) : std::nullopt);
  }
  return means;
}

void note_failure(const Unit& unit, const std::string& text) {
  make_directories(unit.folder);
  write_output(unit.folder / kFailedName, std::as_bytes(std::span(text)));
}

void forget_failure(const Unit& unit) { discard_file(unit.folder / kFailedName); }

}  // namespace fovea
