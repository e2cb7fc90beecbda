#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>

#include "framework/core/error.h"
#include "framework/files/input.h"
#include "framework/train/training.h"
#include "tasks/language/domains.h"
#include "tests/support/line_run.h"

namespace fovea {
namespace {

Batch filled(const std::string& task, Split split, std::uint64_t seed, Extent rows = 8) {
  Batch batch(rows);
  fill_batch(*make_task(task), split, {seed, stream_of("test"), 3}, batch);
  return batch;
}

std::vector<Index> characters_of(const Batch& batch, const std::string& name) {
  const Tensor tensor = batch.at(name);
  return {tensor.index(), tensor.index() + tensor.size()};
}

std::vector<Index> coded(const std::string& text) {
  std::vector<Index> codes;
  for (const char c : text) codes.push_back(c == ' ' ? Index{0} : static_cast<Index>(c - 'a' + 1));
  return codes;
}

}  // namespace

TEST_CASE("the text is the target one character later, and begins with a space") {
  const Batch batch = filled("domain_text(length=50)", Split::kTrain, 1);
  const std::vector<Index> text = characters_of(batch, "text");
  const std::vector<Index> target = characters_of(batch, "target");
  for (std::size_t row = 0; row < 8; ++row) {
    CHECK(text[50 * row] == 0);
    for (std::size_t t = 1; t < 50; ++t) CHECK(text[50 * row + t] == target[50 * row + t - 1]);
  }
  CHECK(*std::max_element(target.begin(), target.end()) <= 26);
  CHECK(make_task("domain_text(length=50)")->text(batch, 0).size() == 51);
}

TEST_CASE("the best predictor of one domain of two words is that of a hand-made chain") {
  // Each word has one successor, or, with probability 1/2, either of both.
  const domains::Language language({.domains = 1, .words = 2, .successors = 1, .change = 0.5, .language = 3});
  const std::string first = language.word(0, 0);
  const std::string second = language.word(0, 1);
  REQUIRE(first[0] != second[0]);  // so that the first letter says which word it is
  // The first word is one of two. Then one word has the probability 3/4, the other 1/4.
  const double repeated = language.bits(coded(first + " " + first + " "));
  const double changed = language.bits(coded(first + " " + second + " "));
  CHECK(std::exp2(-repeated) + std::exp2(-changed) == doctest::Approx(0.5));
  CHECK(std::max(std::exp2(-repeated), std::exp2(-changed)) == doctest::Approx(0.375));
}

TEST_CASE("probabilities of all texts of a length sum to 1") {
  const domains::Language language({.domains = 2, .words = 3, .successors = 2, .change = 0.3, .language = 1});
  double total = 0;
  for (Index a = 0; a < 27; ++a) {
    for (Index b = 0; b < 27; ++b) {
      for (Index c = 0; c < 27; ++c) {
        const std::vector<Index> text{a, b, c};
        const double bits = language.bits(text);
        if (std::isfinite(bits)) total += std::exp2(-bits);  // others cannot be written
      }
    }
  }
  CHECK(total == doctest::Approx(1));
}

TEST_CASE("texts cost the best predictor what their own probabilities say, far less than 27 equal characters") {
  const std::string text = "domain_text(length=200)";
  const Batch batch = filled(text, Split::kTest, 1, 64);
  std::vector<Real> scores(64 * 200 * 27, 0);
  const Judgement judgement = make_task(text)->judge(batch, {{"scores", {scores.data(), {{64, 200, 27}, Kind::kReal}}}});
  const auto mean = [](const std::vector<double>& rows) {
    return std::accumulate(rows.begin(), rows.end(), 0.0) / static_cast<double>(rows.size());
  };
  CHECK(mean(judgement.metrics[1].rows) == doctest::Approx(std::log2(27)));
  // A word costs 0.9 of H(12/25, 6/25, 4/25, 3/25) and what a change adds, and has 5 characters with its space.
  CHECK(mean(judgement.metrics[2].rows) > 0.4);
  CHECK(mean(judgement.metrics[2].rows) < 0.75);
  CHECK(judgement.metrics[0].rows[0] == doctest::Approx(judgement.metrics[2].rows[0] / std::log2(27)));
}

TEST_CASE("scores that give the right character all of the probability cost nothing") {
  const std::string text = "domain_text(length=20)";
  const Batch batch = filled(text, Split::kTest, 1, 4);
  const std::vector<Index> target = characters_of(batch, "target");
  std::vector<Real> scores(4 * 20 * 27, 0);
  for (std::size_t i = 0; i < target.size(); ++i) scores[i * 27 + static_cast<std::size_t>(target[i])] = 100;
  const Judgement judgement = make_task(text)->judge(batch, {{"scores", {scores.data(), {{4, 20, 27}, Kind::kReal}}}});
  for (const double bits : judgement.metrics[1].rows) CHECK(bits == doctest::Approx(0));
  CHECK(judgement.metrics[3].rows == std::vector<double>(4, 1));
}

TEST_CASE("another language writes other texts") {
  const auto text = [](const char* task) { return characters_of(filled(task, Split::kTrain, 1), "text"); };
  CHECK(text("domain_text") != text("domain_text(language=2)"));
}

TEST_CASE("domain_text says what it cannot do") {
  CHECK_THROWS_WITH_AS(make_task("domain_text(words=3)"), doctest::Contains("set successors=3"), Error);
}

TEST_CASE("text_file gives windows of the parts of a file, and the byte after each") {
  const test::Scratch scratch;
  const std::string path = (scratch / "text").string();
  std::ofstream(path) << std::string(900, 'a') + std::string(50, 'b') + std::string(49, 'c') + "d";
  const std::string task = "text_file(path=" + path + ", length=10)";
  const auto bytes = [&](Split split, const std::string& name) { return characters_of(filled(task, split, 1), name); };
  CHECK(bytes(Split::kTrain, "text") == std::vector<Index>(80, 'a'));
  CHECK(bytes(Split::kTrain, "target") == std::vector<Index>(80, 'a'));
  CHECK(bytes(Split::kValidation, "text") == std::vector<Index>(80, 'b'));
  CHECK(bytes(Split::kTest, "text") == std::vector<Index>(80, 'c'));
  CHECK(make_task(task)->text(filled(task, Split::kTest, 1), 0) == "cccccccccc\n");
  CHECK_THROWS_WITH_AS(filled("text_file(path=" + path + ")", Split::kTest, 1), doctest::Contains("bytes was expected"),
                       Error);
  CHECK_THROWS_WITH_AS(make_task("text_file(path=none)"), doctest::Contains("[none] expected to open the file"), Error);
}

TEST_CASE("text_file reads its file when it is checked, and each check tells the log of it") {
  const test::Scratch scratch;
  const std::string path = (scratch / "text").string();
  std::ofstream(path) << std::string(1000, 'a');
  const auto task = make_task("text_file(length=10, path=" + path + ")");
  std::ofstream(path) << std::string(2000, 'b');
  std::vector<std::string> hashes;
  for (int i = 0; i < 2; ++i) {
    const InputLog log;
    task->check();
    REQUIRE(log.files().size() == 1);
    CHECK(log.files()[0].name == path);
    hashes.push_back(log.files()[0].hash);
  }
  CHECK(hashes[0] == hashes[1]);
  Batch batch(1);
  fill_batch(*task, Split::kTest, {.seed = 1}, batch);
  CHECK(batch.at("text").index()[0] == 'a');
}

TEST_CASE("text_file refuses what is no file with an item for each split") {
  const test::Scratch scratch;
  const std::string path = (scratch / "text").string();
  const auto refuses = [&](const std::string& file, const char* fact) {
    CHECK_THROWS_WITH_AS(make_task("text_file(length=10, path=" + file + ")"), doctest::Contains(fact), Error);
  };
  refuses("/", "it is a directory");
  refuses("/dev/null", "expected a regular file");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  refuses(path, "expected a regular file");
  std::filesystem::remove(path);
  std::ofstream(path).flush();
  refuses(path, "it is empty");
  std::ofstream(path) << std::string(180, 'a');
  refuses(path, "a file of more than 220 bytes was expected for length=10; it has 180; set a smaller length.");
}

TEST_CASE("expert_routing says which vocabulary a text needs, and where it belongs") {
  const auto refuses = [](const std::vector<std::string>& settings, const char* fact) {
    const auto experiment = Registry<Experiment>::instance().make("expert_routing");
    Options options;
    experiment->fields(options);
    for (const std::string& setting : settings) {
      const std::size_t equals = setting.find('=');
      options.set(setting.substr(0, equals), setting.substr(equals + 1));
    }
    CHECK_THROWS_WITH_AS(experiment->runs(), doctest::Contains(fact), Error);
  };
  refuses({"text=text_file(path=x)"}, "it is 27; set vocabulary=256.");
  refuses({"text=text_file(path=x, vocabulary=27)", "vocabulary=256"}, "set vocabulary=256 beside text=...");
  refuses({"vocabulary=256"}, "it is 256; set vocabulary=27.");
}

}  // namespace fovea
