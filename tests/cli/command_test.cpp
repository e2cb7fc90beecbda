#include <doctest/doctest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "framework/cli/cli.h"
#include "framework/core/registry.h"

using namespace fovea;

namespace {

struct Answer {
  int code = 0;
  std::string out;
  std::string err;
};

Answer answer(const std::vector<std::string>& words) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = cli::run_command(words, out, err);
  return {code, out.str(), err.str()};
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

bool is_one_line(const std::string& text) { return !text.empty() && text.find('\n') == text.size() - 1; }

}  // namespace

TEST_CASE("a wrong command line gives one line with a place, the nearest known name and exit code 2") {
  struct Case {
    std::vector<std::string> words;
    std::string part;
  };
  const std::vector<Case> cases = {
      {{}, "expected a command"},
      {{"rnu"}, "Did you mean 'run'?"},
      {{"--versoin"}, "Did you mean '--version'?"},
      {{"list", "selectr"}, "Did you mean 'selector'?"},
      {{"list", "selector", "more"}, "expected no further argument; 'more' came"},
      {{"describe"}, "name is required"},
      {{"check"}, "expected an experiment, or --plugin FILE"},
      {{"describe", "sofmax"}, "Did you mean 'softmax'?"},
      {{"run", "sort_by_pointin"}, "Did you mean 'sort_by_pointing'?"},
      {{"run", "sort_by_pointing", "--sed", "2"}, "Did you mean '--seeds'?"},
      {{"run", "sort_by_pointing", "stps=3"}, "Did you mean 'steps'?"},
      {{"run", "sort_by_pointing", "steps"}, "expected a setting of the form key=value"},
      {{"run", "sort_by_pointing", "=3"}, "expected a setting of the form key=value"},
      {{"run", "sort_by_pointing", "steps=3", "steps=4"}, "'steps' came twice"},
      {{"run", "sort_by_pointing", "--seeds", "0"}, "--seeds"},
      {{"run", "sort_by_pointing", "--seeds", "many"}, "--seeds"},
      {{"run", "sort_by_pointing", "--threads", "-1"}, "--threads"},
      {{"draw", "sort_by_pointing", "-o", "model.bmp"}, "'.bmp' came"},
      {{"draw", "sort_by_pointing", "--run", "mian"}, "Did you mean 'main'?"},
  };
  for (const Case& c : cases) {
    const Answer a = answer(c.words);
    INFO(c.part, " in ", a.err);
    CHECK(a.code == cli::kUsage);
    CHECK(is_one_line(a.err));
    CHECK(a.err.rfind('[', 0) == 0);
    CHECK(contains(a.err, c.part));
    CHECK(a.out.empty());
  }
}

TEST_CASE("a value of the wrong type or out of bounds is refused before anything is written") {
  for (const std::string setting : {"steps=abc", "steps=-1", "batch=0", "batch=-5", "learning_rate=fast", "n=0", "n=-3",
                                    "n=", "steps=1e99", "seed=-1", "products=half"}) {
    const Answer a = answer({"run", "sort_by_pointing", setting, "--output", "/nonexistent/never"});
    INFO(setting, ": ", a.err);
    CHECK(a.code == cli::kUsage);
    CHECK(is_one_line(a.err));
    CHECK(contains(a.err, setting.substr(0, setting.find('='))));
  }
}

TEST_CASE("help is printed for the program and for every command, with examples") {
  const Answer program = answer({"--help"});
  CHECK(program.code == cli::kOk);
  CHECK(contains(program.out, "Exit codes"));
  for (const std::string command : {"list", "describe", "check", "draw", "run", "sample", "study", "show", "ls", "compare",
                                    "serve", "verify", "watch"}) {
    CHECK(contains(program.out, "\n  " + command));
    const Answer a = answer({command, "--help"});
    CHECK(a.code == cli::kOk);
    CHECK(contains(a.out, "Examples:\n  fovea " + command));
    CHECK(a.err.empty());
  }
}

TEST_CASE("list shows every plugin, describe its docstring and the default of each option") {
  const Answer all = answer({"list"});
  CHECK(all.code == cli::kOk);
  for (const PluginInfo& info : Catalogue::instance().all()) {
    CHECK(contains(all.out, "  " + info.name));
    const Answer one = answer({"describe", info.name});
    CHECK(one.code == cli::kOk);
    CHECK(contains(one.out, info.kind + " " + info.name));
  }
  const Answer experiment = answer({"describe", "sort_by_pointing"});
  CHECK(contains(experiment.out, "learning_rate"));
  const Answer selectors = answer({"list", "selector"});
  CHECK(contains(selectors.out, "softmax"));
  CHECK_FALSE(contains(selectors.out, "sort_by_pointing"));
}

TEST_CASE("a name in several kinds is described for each") {
  // Which names come twice changes with the plugins; the test finds those that do.
  std::map<std::string, int> counts;
  for (const PluginInfo& info : Catalogue::instance().all()) ++counts[info.name];
  for (const auto& [name, count] : counts) {
    if (count < 2) continue;
    const Answer a = answer({"describe", name});
    for (const PluginInfo& info : Catalogue::instance().all()) {
      if (info.name == name) CHECK(contains(a.out, info.kind + " " + name + "  ("));
    }
  }
}

TEST_CASE("what cannot be printed is a failure with one line") {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"list"}, {"describe", "softmax"}, {"sample", "sort_numbers"}, {"--version"}, {"--help"}, {"run", "--help"}}) {
    std::ostream nowhere(nullptr);
    std::ostringstream err;
    CHECK(cli::run_command(words, nowhere, err) == cli::kFailure);
    CHECK(is_one_line(err.str()));
    CHECK(contains(err.str(), "expected to print everything"));
  }
  std::ostream nowhere(nullptr);
  std::ostringstream err;
  CHECK(cli::run_command(std::vector<std::string>{"lsit"}, nowhere, err) == cli::kUsage);  // the first failure counts
  CHECK(is_one_line(err.str()));
}

TEST_CASE("show, verify and watch name a path that does not exist") {
  for (const std::string command : {"show", "ls", "compare", "verify", "watch"}) {
    const Answer a = answer({command, "/nonexistent/results.h5"});
    INFO(a.err);
    CHECK(a.code != cli::kOk);
    CHECK(is_one_line(a.err));
    CHECK(contains(a.err, "/nonexistent"));
  }
}

TEST_CASE("draw writes the graph as dot text, with more nodes for --ops") {
  const Answer layers = answer({"draw", "sort_by_pointing", "batch=2"});
  const Answer ops = answer({"draw", "sort_by_pointing", "batch=2", "--ops"});
  CHECK(layers.code == cli::kOk);
  CHECK(layers.out.rfind("digraph", 0) == 0);
  CHECK(ops.out.size() > layers.out.size());
}
