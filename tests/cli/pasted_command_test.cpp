// What a run records of itself can be pasted into a shell, and is the same run.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "framework/cli/process.h"
#include "framework/cli/resolve.h"
#include "framework/core/rng.h"
#include "framework/core/text.h"
#include "framework/train/run_config.h"
#include "tests/support/line_run.h"

using namespace fovea;

namespace {

/// A run whose experiment has a text, a number and a list.
class Texts final : public Experiment {
 public:
  void fields(Options& options) override {
    options.add("words", words_, "any text");
    options.add("number", number_, "any number");
    options.add("sizes", sizes_, "any sizes");
  }
  std::vector<RunSpec> runs() const override { return {test::smooth_line()}; }

 private:
  std::string words_ = "none";
  double number_ = 1;
  std::vector<Extent> sizes_{1, 2};
};
FOVEA_EXPERIMENT("test_texts", Texts, "Texts.");

std::string random_text(Rng& rng) {
  static constexpr std::string_view kCharacters = "a1 ,=()\"'\\|-$`!*~#;&<>\n\t";
  std::string text;
  for (Extent left = rng.below(9); left > 0; --left) {
    text += kCharacters[static_cast<std::size_t>(rng.below(static_cast<Extent>(kCharacters.size())))];
  }
  return text;
}

/// The words of a command as the shell takes them.
std::vector<std::string> words_of(const std::string& command) {
  const std::string output =
      cli::run_process({"sh", "-c", "for word in " + command + "; do printf '%s\\0' \"$word\"; done"}).output;
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < output.size();) {
    const std::size_t end = output.find('\0', begin);
    words.push_back(output.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

RunConfig config_of_texts(const std::vector<std::string>& settings) {
  cli::ExperimentArguments arguments;
  arguments.name = "test_texts";
  arguments.settings = settings;
  const ResolvedExperiment resolved = cli::resolve(arguments);
  RunRequest request;
  request.experiment = resolved.name;
  request.options = resolved.options;
  request.run = resolved.runs.at(0);
  const InputLog files;
  const Training training(request.run);
  return config_of(request, training, files);
}

}  // namespace

TEST_CASE("the recorded command of random texts gives the same run again") {
  Rng rng({.seed = 3, .stream = stream_of("commands")});
  for (int i = 0; i < 60; ++i) {
    const std::string text = random_text(rng);
    const std::string number = number_text(static_cast<double>(rng.below(1000000)) * (i % 2 == 0 ? 1 : 1e-3));
    const std::string given = text.starts_with('"') ? option_word(text) : text;
    const RunConfig config = config_of_texts({"words=" + given, "number=" + number, "sizes=3,4"});
    CAPTURE(config.command);
    std::vector<std::string> words = words_of(config.command);
    REQUIRE(words.size() > 3);
    CHECK(words[0] == "fovea");
    CHECK(words[1] == "run");
    CHECK(words[2] == "test_texts");
    const RunConfig again = config_of_texts({words.begin() + 3, words.end()});
    CHECK(again.hash == config.hash);
    CHECK(again.pairs == config.pairs);
    CHECK(again.command == config.command);
  }
}

TEST_CASE("a text that looks like a number, a flag or nothing stays a text in the record") {
  for (const std::string text : {"1e5", "007", "true", "null", "", "[1]", "-1"}) {
    CAPTURE(text);
    const RunConfig config = config_of_texts({"words=" + text, "number=100000"});
    CHECK(config.json.find("\"words\": \"" + text + "\"") != std::string::npos);
    CHECK(config.json.find("\"number\": 100000") != std::string::npos);
    CHECK(config.json.find("\"sizes\": \"1,2\"") != std::string::npos);
  }
}

TEST_CASE("text of a setting that is given in quotes is the text within them") {
  const RunConfig config = config_of_texts({"words=\"a,b \\\"c\\\"\""});
  CHECK(config.json.find(R"("words": "a,b \"c\"")") != std::string::npos);
}
