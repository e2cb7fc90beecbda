#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include "framework/cli/cli.h"
#include "framework/task.h"

namespace fovea {
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

/// A task that does not override text().
class Numbers final : public Task {
 public:
  void fill(Rng& /*rng*/, Split /*split*/, Batch& /*batch*/) const override {}
  Judgement judge(const Batch& /*batch*/, const Outputs& /*outputs*/) const override { return {}; }
};

}  // namespace

TEST_CASE("an item is shown as its tensors, by default") {
  Batch batch(2);
  const Tensor grid = batch.make("grid", {Shape{2, 2, 3}, Kind::kIndex});
  for (Extent i = 0; i < grid.size(); ++i) grid.index()[i] = static_cast<Index>(i);
  const Tensor long_one = batch.make("long", {Shape{2, 20}, Kind::kReal});
  for (Extent i = 0; i < long_one.size(); ++i) long_one.real()[i] = static_cast<Real>(i) / 3;
  const Tensor one = batch.make("one", {Shape{2}, Kind::kIndex});
  one.index()[0] = 7;
  one.index()[1] = 8;
  CHECK(Numbers().text(batch, 1) ==
        "grid [2, 3]\n  6 7 8\n  9 10 11\n"
        "long [20]: 6.667 7 7.333 7.667 8 8.333 8.667 9 9.333 9.667 10 10.33 10.67 11 11.33 11.67 ...\n"
        "one: 8\n");
}

TEST_CASE("sample prints the items of a task: a story with its question, or tensors") {
  const Answer story = answer({"sample", "babi(task=1)", "--count", "2", "--seed", "3"});
  CHECK(story.code == cli::kOk);
  CHECK(story.err.empty());
  CHECK(contains(story.out, "babi(task=1, source=generated, "));
  CHECK(contains(story.out, "\ntrain 1 of 2\n0 "));
  CHECK(contains(story.out, "\ntrain 2 of 2\n0 "));
  CHECK(contains(story.out, " * "));
  CHECK(contains(story.out, "where is "));
  CHECK(story.out == answer({"sample", "babi(task=1)", "--count", "2", "--seed", "3"}).out);
  CHECK(story.out != answer({"sample", "babi(task=1)", "--count", "2", "--seed", "4"}).out);
  CHECK(contains(answer({"sample", "babi(task=1)", "--split", "test"}).out, "\ntest 3 of 3\n"));
  CHECK(contains(answer({"sample", "lookup"}).out, "\ntarget: "));
  CHECK(contains(answer({"sample", "--help"}).out, "Examples:"));
}

TEST_CASE("sample says what is wrong with its command line, on one line") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"sample"}, "task is required"},
      {{"sample", "baby"}, "Did you mean 'babi'?"},
      {{"sample", "babi(taks=1)"}, "Did you mean 'task'?"},
      {{"sample", "babi", "--split", "tset"}, "Did you mean 'test'?"},
      {{"sample", "babi", "--count", "0"}, "--count"},
  };
  for (const auto& [words, part] : cases) {
    const Answer wrong = answer(words);
    CAPTURE(wrong.err);
    CHECK(wrong.code == cli::kUsage);
    CHECK(contains(wrong.err, part));
    CHECK(wrong.err.find('\n') == wrong.err.size() - 1);
    CHECK(wrong.out.empty());
  }
}

}  // namespace fovea
