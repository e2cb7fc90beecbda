#include "framework/cli/cli.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <iostream>

#include "framework/cli/command.h"
#include "framework/cli/process.h"

namespace fovea::cli {
namespace {

constexpr const char* kDescription = "Fovea: a research framework for attention that chooses.";

constexpr const char* kExitCodes =
    "Exit codes: 0 done; 1 it failed (one line says why); 2 the command line is wrong; 3 verify found damage;\n"
    "130 and 143 stopped by SIGINT or SIGTERM: the same command resumes the run, a second signal leaves at once.\n";

constexpr const char* kExamples =
    "Examples:\n"
    "  fovea run sort_by_pointing                train, evaluate, publish runs/sort_by_pointing/main/results.h5\n"
    "  fovea run sort_by_pointing steps=200      a shorter training\n"
    "  fovea list selector                       what can be plugged in\n"
    "  fovea describe top_k                      what it does, its options and defaults\n"
    "  fovea COMMAND --help                      more of one command\n\n";

struct Command {
  const char* name;
  const char* summary;
  const char* examples;
  int (*function)(const Arguments&, Streams);
};

constexpr std::array<Command, 10> kCommands = {{
    {"list", "list the known plugins, of all kinds or of one", "  fovea list\n  fovea list scorer\n", list},
    {"describe", "print the docstring and the options of a plugin",
     "  fovea describe sort_by_pointing\n  fovea describe softmax\n", describe},
    {"check", "compile every run, take two steps and check the gradient in double precision",
     "  fovea check sort_by_pointing\n  fovea check sort_by_pointing batch=4\n", check},
    {"draw", "draw the model of an experiment as a graph of layers or of ops",
     "  fovea draw sort_by_pointing -o model.svg\n  fovea draw sort_by_pointing --ops -o model.dot\n", draw},
    {"run", "train and evaluate the runs of an experiment; resumes what was interrupted",
     "  fovea run sort_by_pointing\n  fovea run sort_by_pointing steps=200 learning_rate=3e-4\n"
     "  fovea run sort_by_pointing --seeds 5 --threads 4 --output /data/runs\n"
     "  fovea run my_experiment --plugin ./libmy_ideas.so\n",
     run},
    {"sample", "print items of a task",
     "  fovea sample sort_numbers\n  fovea sample \"babi(task=3)\" --count 1 --seed 7\n"
     "  fovea sample \"babi(task=all)\" --split test\n",
     sample},
    {"study", "compare the gradients of estimators or of selectors at one site with the exact gradient",
     "  fovea study estimators soft_vs_hard --run sample\n"
     "  fovea study estimators soft_vs_hard --run sample --of exact --of \"reinforce(baseline=leave_one_out, draws=4)\"\n"
     "  fovea study selectors soft_vs_hard --of softmax --of \"argmax | straight_through\" --samples 1000 -o study.h5\n",
     study},
    {"show", "print what a results file holds", "  fovea show runs/sort_by_pointing/main/results.h5\n", show},
    {"verify", "check the hash, the structure and every data set of a results file",
     "  fovea verify runs/sort_by_pointing/main/results.h5\n"
     "  fovea verify runs/sort_by_pointing/main --same elsewhere/sort_by_pointing/main\n",
     verify},
    {"watch", "follow a run, from its journal", "  fovea watch runs/sort_by_pointing/main\n", watch},
}};

std::string version_text() { return fmt::format("fovea {} ({})", FOVEA_VERSION, kPrecision); }

void add_experiment(CLI::App& app, Arguments& arguments) {
  app.add_option("experiment", arguments.name, "name of an experiment (fovea list experiment)")->required();
  app.add_option("settings", arguments.settings, "key=value: options of the experiment, or training settings of every run");
  app.add_option("--threads", arguments.threads, "threads, >= 0; 0: one per core; changes no number of the results")
      ->check(CLI::Range(0, 4096));
}

void add_plugins(CLI::App& app, Arguments& arguments) {
  app.add_option("--plugin", arguments.plugins, "a plugin library to load first; may be repeated")
      ->allow_extra_args(false);  // the name that follows a file belongs to the command
}

void add_run(CLI::App& app, Arguments& arguments) {
  app.add_option("--seeds", arguments.seeds, "train with this many seeds in turn, from the seed of the settings on, >= 1")
      ->check(CLI::Range(Extent{1}, Extent{100000}));
  app.add_option("--output", arguments.output, "directory of all results, by default runs/");
  app.add_flag("--restart", arguments.restart, "start over, where the same run is there already");
  app.add_flag("--quiet", arguments.quiet, "print the closing table only");
}

void add_arguments(CLI::App& app, const std::string& name, Arguments& arguments) {
  if (name == "list") app.add_option("kind", arguments.name, "selector, scorer, experiment, ...; none: all");
  if (name == "describe") app.add_option("name", arguments.name, "name of a plugin")->required();
  if (name == "show" || name == "verify") {
    app.add_option("file", arguments.name, "results.h5, or the directory of its run")->required();
  }
  if (name == "verify") {
    app.add_option("--same", arguments.same, "another results file, or run directory: equal byte for byte outside /clock?");
  }
  if (name == "watch") {
    app.add_option("directory", arguments.name, "directory of a run")->required();
    app.add_flag("--once", arguments.once, "print what is there, then leave");
  }
  if (name == "sample") {
    app.add_option("task", arguments.name, "a task, as in \"babi(task=3)\" (fovea list task)")->required();
    app.add_option("--count", arguments.count, "items, >= 1")->check(CLI::Range(Extent{1}, Extent{100000}));
    app.add_option("--seed", arguments.seed, "of the draw of items, >= 0")
        ->check(CLI::Range(Extent{0}, std::numeric_limits<Extent>::max()));
    app.add_option("--split", arguments.split, "train, validation or test");
  }
  if (name == "study") app.add_option("what", arguments.what, "estimators or selectors")->required();
  if (name == "check" || name == "draw" || name == "run" || name == "study") add_experiment(app, arguments);
  if (name == "check") app.add_flag("--gradient", arguments.gradient, "only the gradient")->group("");
  if (name == "draw") {
    app.add_flag("--ops", arguments.ops, "draw every op instead of layers");
    app.add_option("-o", arguments.file, "file to write: .dot, .svg, .png or .pdf; none: dot text on the standard output");
    app.add_option("--run", arguments.run, "name of a run; by default the first one");
  }
  if (name == "study") {
    app.add_option("--site", arguments.site, "path of the site, where the model has more than one");
    app.add_option("--of", arguments.candidates, "what is compared; may be repeated; by default all that are known")
        ->allow_extra_args(false);
    app.add_option("--samples", arguments.samples, "gradients of each, >= 1")
        ->check(CLI::Range(Extent{1}, Extent{100000000}));
    app.add_option("--run", arguments.run, "name of a run; by default the first one");
    app.add_option("-o", arguments.file, "HDF5 file for the table");
    app.add_flag("--quiet", arguments.quiet, "print the table only");
  }
  if (name == "run") add_run(app, arguments);
  if (name != "show" && name != "verify" && name != "watch") add_plugins(app, arguments);
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command& command : kCommands) names.emplace_back(command.name);
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

std::string command_line(const std::string& program, std::span<const std::string> words) {
  std::string line = shell_quote(program);
  for (const std::string& word : words) line += " " + shell_quote(word);
  return line;
}

// Parses the words after the name of a command. False: help was printed.
bool parse(const Command& command, std::span<const std::string> words, Arguments& arguments, Streams streams) {
  const std::string place = "fovea " + std::string(command.name);
  CLI::App app(command.summary, place);
  app.allow_extras();  // so that an unknown option is answered with the nearest known one
  app.footer(std::string("Examples:\n") + command.examples);
  add_arguments(app, command.name, arguments);
  std::vector<std::string> reversed(words.rbegin(), words.rend());  // as CLI11 takes them
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    streams.out << app.help();
    return false;
  } catch (const CLI::ParseError& error) {
    throw UsageError(place, fmt::format("the command line is wrong: {}; see '{} --help'.", error.what(), place));
  }
  for (const std::string& extra : app.remaining()) {
    if (extra.size() > 1 && extra[0] == '-')
      throw UsageError(place, unknown_name(extra.substr(0, extra.find('=')), option_names(app)));
    throw UsageError(place, fmt::format("expected no further argument; '{}' came; see '{} --help'.", extra, place));
  }
  return true;
}

void print_help(std::ostream& out) {
  out << kDescription << "\n\nUsage: fovea COMMAND [ARGUMENTS] [OPTIONS]\n\nCommands:\n";
  for (const Command& command : kCommands) out << fmt::format("  {:<10}{}\n", command.name, command.summary);
  out << "\nOptions:\n  --help, -h   this text\n  --version    version and precision\n\n" << kExamples << kExitCodes;
}

int dispatch(std::span<const std::string> words, Arguments& arguments, Streams streams) {
  if (words.empty()) {
    throw UsageError("fovea", fmt::format("expected a command; none came; known: {}. See 'fovea --help'.",
                                          fmt::join(command_names(), ", ")));
  }
  const std::string& name = words[0];
  if (name == "--help" || name == "-h" || name == "help") {
    print_help(streams.out);
    return kOk;
  }
  if (name == "--version") {
    streams.out << version_text() << '\n';
    return kOk;
  }
  for (const Command& command : kCommands) {
    if (name != command.name) continue;
    if (!parse(command, words.subspan(1), arguments, streams)) return kOk;
    return command.function(arguments, streams);
  }
  std::vector<std::string> known = command_names();
  if (name[0] == '-') known = {"--help", "--version"};
  throw UsageError("fovea", unknown_name(name, known));
}

}  // namespace

int run_command(std::span<const std::string> words, std::ostream& out, std::ostream& err, const std::string& program) {
  Arguments arguments;
  arguments.program = program;
  arguments.command_line = command_line(program, words);
  try {
    const int code = dispatch(words, arguments, {out, err});
    out << std::flush;
    return code;
  } catch (const UsageError& error) {
    err << error.what() << '\n';
    return kUsage;
  } catch (const Error& error) {
    err << error.what() << '\n';
  } catch (const std::bad_alloc&) {
    err << "[fovea] expected enough memory; there is none left; take a smaller batch or model.\n";
  } catch (const std::exception& error) {
    err << "[fovea] an error that nobody foresaw: " << error.what() << "; please report it with the command line.\n";
  }
  return kFailure;
}

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + std::min(count, 1), arguments + count);
  return run_command(words, std::cout, std::cerr, count > 0 ? arguments[0] : "fovea");
}

}  // namespace fovea::cli
