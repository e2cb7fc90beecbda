#include <fmt/format.h>
#include <cmath>
#include <ostream>

#include "framework/cli/command.h"
#include "framework/cli/plugin_library.h"
#include "framework/cli/process.h"
#include "framework/cli/resolve.h"
#include "framework/cli/screen.h"
#include "framework/train/trainer.h"

namespace fovea::cli {
namespace {

constexpr double kLargestGradientError = 1e-6;
constexpr bool kIsDouble = sizeof(Real) == sizeof(double);

struct Arguments {
  ExperimentArguments experiment;
  bool is_gradient_only = false;  // what the float program asks its twin for

  void fields(ArgumentList& list) {
    list.optional_word("experiment", experiment.name,
                       "name of an experiment; without one, every plugin of the libraries is tried");
    experiment.fields_but_name(list);
    list.hidden_flag("--gradient", is_gradient_only, "only the gradient");
    add_plugins(list, experiment.plugins);
  }
};

void print_run(const RunSpec& run, const CheckReport& report, std::ostream& out) {
  out << fmt::format("run {}  task {}\n{}", run.name, run.task, report.plan);
  if (!report.plan.empty() && report.plan.back() != '\n') out << '\n';
  out << fmt::format("  parameters  {} ({})\n", count_text(static_cast<long long>(report.parameters)),
                     bytes_text(report.parameter_bytes));
  out << fmt::format("  arena       {} for a shard ({} without reuse)\n", bytes_text(report.arena_bytes),
                     bytes_text(report.unshared_bytes));
  out << fmt::format("  work        {} multiply-adds forward\n", figure_text(report.multiply_adds));
  for (std::size_t i = 0; i < report.losses.size(); ++i) {
    out << fmt::format("  step {}      loss {}\n", i + 1, figure_text(report.losses[i]));
  }
}

// False where the gradient is wrong.
bool print_gradient(const RunSpec& run, const CheckReport& report, std::ostream& out) {
  const std::string note = report.gradient_note.empty() ? "" : " (" + report.gradient_note + ")";
  if (!report.gradient_checked) {
    out << fmt::format("gradient of run {}: not checked{}\n", run.name, note);
    return true;
  }
  const bool is_right = report.gradient_error <= kLargestGradientError;  // false for NaN
  out << fmt::format("gradient of run {}: {}; largest relative error {:.2e} against central differences, at {}{}\n",
                     run.name, is_right ? "right" : "WRONG", report.gradient_error, report.worst_parameter, note);
  return is_right;
}

// ./libmy_ideas.so -> ./libmy_ideas_f64.so
std::string twin_of_plugin(const std::filesystem::path& path) {
  const std::filesystem::path twin = path.parent_path() / (path.stem().string() + "_f64" + path.extension().string());
  if (!std::filesystem::exists(twin)) {
    throw Error(path.string(), "expected its twin for the gradient check in double precision; there is no " + twin.string() +
                                   "; build the target that fovea_add_plugin names with _f64.");
  }
  return twin.string();
}

// A program in double precision, which lies beside this one.
std::string program_beside(const std::string& name, const std::string& target) {
  const std::filesystem::path program = program_file().parent_path() / name;
  if (!std::filesystem::exists(program)) {
    throw Error("check", "expected the program " + name + " in double precision beside this one; there is no " +
                             program.string() + "; build the target " + target +
                             " (the script ./fovea does) and, where Fovea is installed, install it again.");
  }
  return program.string();
}

// The double-precision program checks the gradients: in single precision a central difference proves little.
int check_with_twin(const ExperimentArguments& arguments, std::ostream& out) {
  std::vector<std::string> command = {program_beside("fovea_f64", "fovea_f64_program"), "check", arguments.name};
  command.insert(command.end(), arguments.settings.begin(), arguments.settings.end());
  command.insert(command.end(), {"--gradient", "--threads", std::to_string(arguments.threads)});
  for (const std::string& plugin : arguments.plugins) command.insert(command.end(), {"--plugin", twin_of_plugin(plugin)});
  const ProcessResult result = run_process(command);
  out << result.output;
  return result.exit_code;
}

// The conformance suite, a program that lies beside this one, on every plugin of the libraries.
int try_plugins(const std::vector<std::string>& libraries, std::ostream& out) {
  if (libraries.empty()) {
    throw UsageError("fovea check",
                     "expected an experiment, or --plugin FILE whose plugins are tried; neither came; see "
                     "'fovea check --help'.");
  }
  load_plugins(libraries);  // refuses what is not a plugin
  std::vector<std::string> command = {program_beside("fovea_f64_conformance", "fovea_f64_conformance")};
  for (const std::string& library : libraries) command.push_back(kIsDouble ? library : twin_of_plugin(library));
  const int code = run_process(command, "", &out).exit_code;
  if (code > 128) {
    throw Error("check", "expected the suite to come to its end; signal " + std::to_string(code - 128) +
                             " ended it, in the claim above; repair that plugin: what follows was not tried.");
  }
  return code == 0 ? kOk : kFailure;
}

int check(const Arguments& arguments, const Console& console) {
  if (arguments.experiment.name.empty()) return try_plugins(arguments.experiment.plugins, console.out);
  const ResolvedExperiment experiment = resolve(arguments.experiment);
  bool is_right = true;
  for (const RunSpec& run : experiment.runs) {
    CheckReport report;
    try {
      report = check_run(run);
    } catch (const Error& error) {
      throw error.at(experiment.name + "/" + run.name);
    }
    if (!arguments.is_gradient_only) print_run(run, report, console.out);
    if (kIsDouble) is_right = print_gradient(run, report, console.out) && is_right;
    for (const double loss : report.losses) is_right = is_right && std::isfinite(loss);
    console.out << std::flush;
  }
  if (!is_right) return kFailure;
  return kIsDouble ? static_cast<int>(kOk) : check_with_twin(arguments.experiment, console.out);
}

}  // namespace

const Command kCheck = {
    "check", "compile every run, take two steps and check the gradient in double precision; or try plugins",
    "  fovea check sort_by_pointing\n  fovea check sort_by_pointing batch=4\n"
    "  fovea check --plugin ./libmy_ideas.so      # the conformance suite on every plugin of the library\n",
    run_with<Arguments, check>};

}  // namespace fovea::cli
