#include "modules/seq2seq/words.h"

#include <doctest/doctest.h>

#include "tests/support/model_run.h"

using namespace fovea;

namespace {

std::vector<Index> indices(const Tensor& tensor) { return {tensor.index(), tensor.index() + tensor.size()}; }
std::vector<Real> reals(const Tensor& tensor) { return {tensor.real(), tensor.real() + tensor.size()}; }

}  // namespace

TEST_CASE("a word mask ends where the words do") {
  Builder b;
  b.output("mask", seq2seq::word_mask(b.constant("words", {2, 3}, std::vector<Index>{7, 1, 0, 3, 0, 0})));
  test::ModelRun run(b.freeze());
  run.run({});
  CHECK(indices(run.output("mask")) == std::vector<Index>{1, 1, 0, 1, 0, 0});
}

TEST_CASE("a row is reversed within its own length, and its gradient comes back to where it was") {
  Builder b;
  const Value x = b.parameter("x", {3, 2, 1});
  const Value mask = b.constant("mask", {2, 3}, std::vector<Index>{1, 1, 0, 1, 1, 1});
  b.output("y", seq2seq::turn_around(x, mask));
  b.output("twice", square(seq2seq::turn_around(seq2seq::turn_around(x, mask), mask)));
  test::ModelRun run(b.freeze());
  run.set("x", {1, 10, 2, 20, 3, 30});
  run.run({});
  CHECK(reals(run.output("y")) == std::vector<Real>{2, 30, 1, 20, 3, 10});
  CHECK(reals(run.output("twice")) == std::vector<Real>{1, 100, 4, 400, 9, 900});
  run.set("x", {Real(0.1), Real(-0.2), Real(0.3), Real(0.4), Real(-0.5), Real(0.6)});
  CHECK(run.gradient_error({{"y", 1}, {"twice", 2}}) < test::kGradientLimit);
}

TEST_CASE("a taught decoder reads the start, then every target except the last") {
  Builder b;
  b.output("words", seq2seq::teacher_words(b.constant("targets", {2, 3}, std::vector<Index>{4, 5, 6, 7, -1, -1}), 9));
  test::ModelRun run(b.freeze());
  run.run({});
  CHECK(indices(run.output("words")) == std::vector<Index>{9, 9, 4, 7, 5, 9});
}

TEST_CASE("a row is right where its best words are the targets, and words that are not asked for count as right") {
  Builder b;
  const Value scores = b.constant("scores", {2, 2, 2}, std::vector<Real>{1, 0, 0, 1, 3, 2, 5, 4});  // best: 0 1, then 0 0
  const auto accuracy = seq2seq::word_accuracy(scores, b.constant("targets", {2, 2}, std::vector<Index>{0, 1, 1, -1}));
  b.output("sequence", accuracy.sequence);
  b.output("word", accuracy.word);
  test::ModelRun run(b.freeze());
  run.run({});
  CHECK(reals(run.output("sequence")) == std::vector<Real>{0, 1});
  CHECK(reals(run.output("word")) == std::vector<Real>{Real(0.5), 1});
}
