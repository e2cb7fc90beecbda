#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <ostream>
#include <set>

#include "framework/cli/command.h"
#include "framework/cli/screen.h"
#include "framework/cli/screen_table.h"
#include "framework/cli/side_by_side.h"
#include "framework/cli/signals.h"
#include "framework/cli/sweep_request.h"
#include "framework/cli/wrapping.h"
#include "framework/core/text.h"
#include "framework/files/atomic_file.h"
#include "framework/sweep/tables.h"

namespace fovea::cli {
namespace {

namespace fs = std::filesystem;

/// "1 run", "3 runs".
template <class Count>
std::string counted(Count count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

/// A sweep at work.
class Sweep {
 public:
  Sweep(const SweepArguments& arguments, const Console& console, const StopSignals& signals, Definition definition)
      : arguments_(arguments), console_(console), signals_(signals), definition_(std::move(definition)) {
    units_ = units_of(definition_, arguments.folder());
  }

  int run(Extent steps) {
    if (arguments_.retry_failed) {
      for (const Unit& unit : units_) forget_failure(unit);
    }
    std::vector<std::size_t> live(definition_.points.size());
    for (std::size_t i = 0; i < live.size(); ++i) live[i] = i;
    const Search& search = definition_.search;
    for (const Extent rung : rungs_of(search, steps)) {
      if (!train(live, rung)) return close();
      const std::vector<std::size_t> before = live;
      const std::vector<std::size_t> kept = best_of(means_at(units_, before, rung), search.factor);
      live.clear();
      for (const std::size_t index : kept) live.push_back(before[index]);
      say_rung(rung, before.size(), live);
      if (live.empty()) return close();
    }
    train(live, 0);
    return close();
  }

 private:
  void say_rung(Extent rung, std::size_t count, const std::vector<std::size_t>& live) const {
    std::string names;
    for (const std::size_t point : live) names += fmt::format("{}{:04}", names.empty() ? "" : ", ", point + 1);
    console_.out << fmt::format("step {}: of {}, {} on: {}\n", rung, counted(count, "point"),
                                live.size() == 1 ? "1 goes" : fmt::format("{} go", live.size()), names)
                 << std::flush;
  }

  /// Whether nothing is left to do for a unit, up to a step or to the end. A unit that has failed is left as it is.
  static bool is_done(const UnitResults& results, Extent until) {
    if (results.is_finished() || results.has_failed) return true;
    return until > 0 && validation_at(results.runs.front(), until).has_value();
  }

  ChildRun child_of(const Unit& unit, Extent until) const {
    ChildRun child{unit.name(), unit.folder, "", {}, unit.seed, until, {}, unit.runs};
    child.settings = without_seed(settings_of(definition_.points[unit.point], definition_.fixed));
    if (arguments_.any_build) child.flags.emplace_back("--any-build");
    return child;
  }

  /// Trains these points, as far as that is left to do. False where a signal or a failure has ended it.
  bool train(const std::vector<std::size_t>& points, Extent until) {
    const std::set<std::size_t> live(points.begin(), points.end());
    const std::vector<UnitResults> results = read_units(units_);
    std::vector<const Unit*> asked;
    for (std::size_t i = 0; i < units_.size(); ++i) {
      if (live.count(units_[i].point) != 0 && !is_done(results[i], until)) asked.push_back(&units_[i]);
    }
    const Shares shares = shares_of(arguments_.jobs, arguments_.experiment.threads, asked.size());
    std::vector<Job> jobs;
    std::map<std::string, const Unit*> by_label;
    for (const Unit* unit : asked) {
      jobs.push_back(job_of(child_of(*unit, until), arguments_.experiment, shares.threads));
      by_label[unit->name()] = unit;
    }
    PoolHooks hooks;
    hooks.need = [&](const Job& job) {
      return is_done(read_units({by_label.at(job.label), 1}).front(), until) ? Need::kNothing : Need::kNow;
    };
    std::size_t count = 0;
    hooks.ended = [&](const Job& job, const JobEnd& end) {
      take(*by_label.at(job.label), job, end, {++count, jobs.size()});
    };
    hooks.waits_for = [&](const std::vector<Job>& held) {
      console_.out << fmt::format("waiting for {} that other processes train, such as {}\n", counted(held.size(), "run"),
                                  held.front().label)
                   << std::flush;
    };
    left_ += run_jobs(jobs, {shares.jobs, arguments_.fail_fast, signals_.flag(), console_.program}, hooks);
    return left_ == 0 && signals_.number() == 0;
  }

  struct Place {
    std::size_t number = 0;
    std::size_t count = 0;
  };

  void take(const Unit& unit, const Job& job, const JobEnd& end, Place place) {
    const std::string head = fmt::format("[{}/{}] {}: ", place.number, place.count, unit.name());
    if (end.kind == JobEnd::Kind::kDone) {
      forget_failure(unit);
      console_.out << head << done_text(unit) << fmt::format(", {}\n", duration_text(end.seconds)) << std::flush;
    } else if (end.kind == JobEnd::Kind::kStopped) {
      console_.out << head << "stopped\n" << std::flush;
    } else {
      constexpr std::size_t kLines = 20;
      std::string command = shell_word(console_.program);
      for (const std::string& word : job.words) command += " " + shell_word(word);
      note_failure(unit, fmt::format("{}\nexit code {}\n{}\n", command, end.exit_code, last_lines(end.output, kLines)));
      console_.err << head << "failed: " << reason_of(end) << '\n' << std::flush;
    }
  }

  std::string done_text(const Unit& unit) const {
    const UnitResults results = read_units({&unit, 1}).front();
    std::string text = results.is_finished() ? "finished" : fmt::format("paused at step {}", results.runs.front().step);
    for (std::size_t r = 0; r < results.runs.size(); ++r) {
      const std::optional<double> value = validation_at(results.runs[r], 0);
      const std::string run = results.runs.size() > 1 ? " " + definition_.runs[r] : "";
      if (value) text += fmt::format(",{} validation {}", run, figure_text(*value));
    }
    return text;
  }

  int close() const {
    constexpr std::size_t kMostRows = 20;
    const fs::path folder = arguments_.folder();
    const std::vector<UnitResults> results = read_units(units_);
    const std::string index = csv_of(index_table(definition_, units_, results));
    write_output(folder / "index.csv", std::as_bytes(std::span(index)));
    console_.out << '\n' << screen_text(ranking(definition_, units_, results, kMostRows), width_for(console_.out));
    Extent failed = 0;
    for (std::size_t i = 0; i < units_.size(); ++i) {
      if (!results[i].has_failed) continue;
      ++failed;
      console_.err << fmt::format("failed: {}; {} says why\n", units_[i].name(), (units_[i].folder / kFailedName).string());
    }
    console_.out << fmt::format("\nresults   {}\n", folder.string());
    if (failed > 0) console_.err << "the same command with --retry-failed trains again what has failed.\n";
    if (signals_.number() != 0) {
      console_.err << fmt::format("stopped by {}; the same command goes on.\n", signal_name(signals_.number()));
      return 128 + signals_.number();
    }
    if (left_ > 0)
      console_.err << fmt::format("{} left; the same command goes on.\n",
                                  left_ == 1 ? "1 run is" : fmt::format("{} runs are", left_));
    return failed > 0 || left_ > 0 ? kFailure : kOk;
  }

  const SweepArguments& arguments_;
  const Console& console_;
  const StopSignals& signals_;
  Definition definition_;
  std::vector<Unit> units_;
  Extent left_ = 0;  // stopped, or not begun
};

int print_plan(const SweepArguments& arguments, const Definition& definition, const Console& console) {
  const std::size_t runs = definition.points.size() * static_cast<std::size_t>(definition.seeds) * definition.runs.size();
  for (std::size_t i = 0; i < definition.points.size(); ++i) {
    std::string line = fmt::format("{:04}", i + 1);
    for (const auto& [key, text] : definition.points[i]) line.append(" ").append(shell_word(key + "=" + text));
    console.out << line << '\n';
  }
  const Shares shares = shares_of(arguments.jobs, arguments.experiment.threads, runs);
  console.out << fmt::format("{}: {}, {}, {}; {} side by side, {} each; nothing was written\n", definition.search.text(),
                             counted(definition.points.size(), "point"), counted(definition.seeds, "seed"),
                             counted(runs, "run"), shares.jobs, counted(shares.threads, "thread"));
  return kOk;
}

int sweep(const SweepArguments& arguments, const Console& console) {
  const StopSignals signals;  // before any thread
  AskedSweep asked = asked_sweep(arguments);
  if (arguments.dry_run) return print_plan(arguments, asked.definition, console);
  const fs::path folder = arguments.folder();
  Definition definition = settled(asked.definition, folder, arguments.extend ? Extension::kAllowed : Extension::kRefused);
  console.out << fmt::format("{}: {}, {}, {}\n", definition.search.text(), counted(definition.points.size(), "point"),
                             counted(definition.seeds, "seed"), folder.string())
              << std::flush;
  return Sweep(arguments, console, signals, std::move(definition)).run(asked.steps);
}

}  // namespace

const Command kSweep = {
    "sweep", "train an experiment with many settings and seeds; resumes what was interrupted",
    "  fovea sweep sort_by_pointing \"learning_rate=choice(1e-3, 3e-3, 1e-2)\" steps=500 --seeds 3\n"
    "  fovea sweep sort_by_pointing \"learning_rate=log_uniform(1e-4, 1e-2)\" \"hidden=integers(16, 128)\" \\\n"
    "    --search \"random(points=40)\" --jobs 2 --name wide\n"
    "  fovea sweep sort_by_pointing \"site=choice(bilinear | dense | softmax | none; additive | dense | softmax | none)\"\n"
    "  fovea sweep sort_by_pointing \"zip(hidden, batch)=choice(32 128, 64 64)\" evaluate_every=100 --name both \\\n"
    "    --search \"halving(first=100, factor=2)\" --dry-run\n",
    run_with<SweepArguments, sweep>};

}  // namespace fovea::cli
