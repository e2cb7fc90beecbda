#include "modules/memory/sparse/sparse_access.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "framework/attention/site/site.h"
#include "framework/cpu/parallel.h"
#include "framework/graph/functions.h"
#include "framework/graph/loop.h"
#include "modules/memory/large/slot_index.h"
#include "modules/memory/sparse/access_order.h"
#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

constexpr Extent kSteps = 7, kRows = 2, kHeads = 2, kWidth = 4, kSlots = 12, kKept = 3;
const test::ModelRun::Cotangents kReadAlone{{"reads", 1}};
const std::vector<std::string> kTold{"query", "added", "sharpness", "write_gate", "reuse"};

struct Told {
  Value query, added, sharpness, write_gate, reuse;  // of one step
};

Told told_of(Builder& b, LoopBuilder& loop) {
  const auto drawn = [&](const std::string& name, const Shape& shape) {
    return loop.stacked(name, b.parameter(name, shape, Init::normal(1)));
  };
  return {drawn("query", {kSteps, kRows, kHeads, kWidth}), drawn("added", {kSteps, kRows, kHeads, kWidth}),
          add_scalar(softplus(drawn("sharpness", {kSteps, kRows, kHeads})), 1),
          sigmoid(drawn("write_gate", {kSteps, kRows, kHeads})), sigmoid(drawn("reuse", {kSteps, kRows, kHeads}))};
}

SparseAccess options_of(const std::string& index = "exact") {
  SparseAccess options;
  options.slots = kSlots;
  options.kept = kKept;
  options.rule = {1, true, Real(0.001)};
  options.index = index;
  return options;
}

std::shared_ptr<const Graph> sparse(const SparseAccess& options) {
  Builder b;
  const Value like = b.constant("like", {kRows, 1}, std::vector<Real>(kRows, 0));
  LoopBuilder loop(b, "loop");
  const Value first = zeros_like_rows(like, {kHeads, options.kept});
  const Value weights = loop.carried("weights", first);
  const Value kept = loop.carried("kept", full_index(first, 3, -1));
  const Told told = told_of(b, loop);
  const std::vector<Value> done = loop.body().add_all(
      make_sparse_access(options), {told.query, told.added, told.sharpness, told.write_gate, told.reuse, weights, kept});
  loop.next(weights, done[1]);
  loop.next(kept, done[2]);
  const Value reads = loop.stack("reads", done[0]);
  const Value emptied = loop.stack("emptied", done[3]);
  loop.finish();
  b.output("reads", reads);
  b.output("emptied", emptied);
  return b.freeze();
}

// [B, N] of Index [B] or [B, K]
Value places(Value index) { return one_hot(index, kSlots); }
Value column(Value x) { return unsqueeze(x, 2); }
Value of_head(Value x, Extent head) { return squeeze(slice(x, 1, head, head + 1), 1); }

/// The same with a memory [B, N, D] that is written everywhere, given the slots to empty.
std::shared_ptr<const Graph> dense(MemoryStart start) {
  Builder b;
  const Value like = b.constant("like", {kRows, 1}, std::vector<Real>(kRows, 0));
  const Value emptied_all = b.input("emptied", {{kSteps, kRows, kHeads}, Kind::kIndex});
  std::vector<Real> words(kSlots * kWidth, 0);
  if (start == MemoryStart::kNormal) Rng({.seed = 1, .stream = stream_of("sparse_access")}).fill_normal(words);
  const Value first = expand_rows(b.constant("words", {kSlots, kWidth}, words), like);
  Site site(b, "cosine(epsilon=0.001) | dense | top_k(3) | none", kWidth, kWidth);
  LoopBuilder loop(b, "loop");
  const Value words_before = loop.carried("memory", first);
  const Value before = loop.carried("before", zeros_like_rows(like, {kHeads, kSlots}));  // weights of all slots
  const Told told = told_of(b, loop);
  const Value emptied = loop.stacked("emptied", emptied_all);
  Value memory = words_before;
  for (Extent head = 0; head < kHeads; ++head) {
    const Value gate = unsqueeze(of_head(told.write_gate, head), 1);  // [B, 1]
    const Value reuse = unsqueeze(of_head(told.reuse, head), 1);
    const Value added = unsqueeze(of_head(told.added, head), 1);  // [B, 1, D]
    const Value least = places(of_head(emptied, head));
    const Value fresh = multiply(least, multiply(gate, add_scalar(negate(reuse), 1)));
    const Value again = multiply(of_head(before, head), multiply(gate, reuse));
    memory = multiply(memory, column(add_scalar(negate(least), 1)));
    memory = add(memory, multiply(column(add(fresh, again)), added));
  }
  const Attended found = site.attend(
      {.queries = told.query, .prepared_keys = site.prepare_keys(memory), .values = memory, .sharpness = told.sharpness});
  loop.next(words_before, memory);
  loop.next(before, sum(multiply(unsqueeze(found.weights, 3), one_hot(found.kept, kSlots)), 2));
  const Value reads = loop.stack("reads", found.read);
  loop.finish();
  b.output("reads", reads);
  return b.freeze();
}

/// An index whose answers are no slots, or too many.
class WrongIndex final : public SlotIndex {
 public:
  void fields(Options& options) override {
    options.add("slot", slot_, "what it finds");
    options.add("count", count_, "how often it says to have found it; 0: as often as it is asked");
  }
  void build(const Words& /*words*/, Holds /*holds*/) override {}
  void put(Index /*slot*/) override {}
  void reset() override {}
  Extent search(const Real* /*query*/, Extent count, Index* found) override {
    std::fill_n(found, count, static_cast<Index>(slot_));
    return count_ == 0 ? count : count_;
  }

 private:
  Extent slot_ = 0;
  Extent count_ = 0;
};
FOVEA_SLOT_INDEX("test_wrong", WrongIndex, R"doc(What is no slot, for tests.)doc");

std::vector<Real> reals(const Tensor& tensor) { return {tensor.real(), tensor.real() + tensor.size()}; }

}  // namespace

TEST_CASE("a sparse access memory gives the reads and the gradients of a dense one of top-k") {
  // Where words begin empty some are parallel later, and rounding decides between them: the two agree in float64.
  for (const MemoryStart start : {MemoryStart::kNormal, MemoryStart::kZero}) {
    if (start == MemoryStart::kZero && sizeof(Real) != 8) continue;
    SparseAccess options = options_of("exact");
    options.start = start;
    test::ModelRun a(sparse(options));
    a.run(kReadAlone);
    const Tensor emptied = a.output("emptied");
    const std::vector<Index> slots(emptied.index(), emptied.index() + emptied.size());
    test::ModelRun b(dense(start));
    b.bind("emptied", slots.data());
    b.run(kReadAlone);
    const double limit = sizeof(Real) == 8 ? 1e-11 : 2e-4;
    CHECK(testing::difference(reals(a.output("reads")), reals(b.output("reads"))) < limit);
    for (const std::string& name : kTold) {
      CAPTURE(name);
      CHECK(testing::difference(reals(a.gradient(name)), reals(b.gradient(name))) < limit);
    }
  }
}

TEST_CASE("a sparse access memory has the gradient of central differences, for every index") {
  if (sizeof(Real) != 8) return;  // a difference that is wide enough for float32 changes which words are kept
  for (const std::string index : {"exact", "lists(lists=3, probes=2)", "hnsw"}) {
    CAPTURE(index);
    SparseAccess options = options_of(index);
    options.start = MemoryStart::kNormal;
    test::ModelRun run(sparse(options));
    CHECK(run.gradient_error(kReadAlone) < test::kGradientLimit);
  }
}

TEST_CASE("a sparse access memory begins every sequence anew, with the same bits for any number of threads") {
  for (const MemoryStart start : {MemoryStart::kZero, MemoryStart::kNormal}) {
    for (const char* index : {"exact", "lists(lists=3, probes=2)", "hnsw"}) {
      SparseAccess options = options_of(index);
      options.start = start;
      std::vector<std::vector<Real>> found;
      for (const int threads : {1, 2, 3, 8}) {
        cpu::set_threads(threads);
        test::ModelRun run(sparse(options));
        for (int repeat = 0; repeat < threads; ++repeat) run.run(kReadAlone);
        run.execution().forward(run.context);  // without the backward that puts words back
        run.run(kReadAlone);
        found.push_back(reals(run.output("reads")));
        found.push_back(reals(run.gradient("added")));
        cpu::set_threads(0);
      }
      for (std::size_t i = 2; i < found.size(); ++i) CHECK(found[i] == found[i % 2]);
    }
  }
}

TEST_CASE("the slot whose access is longest ago is found, also after a new start") {
  constexpr Index kCount = 9;
  AccessOrder order(kCount);
  for (std::uint32_t round = 0; round < 3; ++round) {
    std::vector<Index> ages(kCount);
    for (Index n = 0; n < kCount; ++n) ages[n] = n;
    Rng rng({.seed = 5, .step = round});
    for (int access = 0; access < 40; ++access) {
      CHECK(order.least() == ages.front());
      const auto slot = static_cast<Index>(rng.below(round == 2 ? kCount : kCount / 2));
      ages.erase(std::find(ages.begin(), ages.end(), slot));
      ages.push_back(slot);
      order.touch(slot);
    }
    order.reset();
  }
}

TEST_CASE("what an index finds is checked before it is read") {
  const auto run = [](const std::string& index) { test::ModelRun(sparse(options_of(index))).run(kReadAlone); };
  CHECK_NOTHROW(run("test_wrong(slot=11)"));
  const std::string place = "slot_index 'test_wrong', search";
  for (const std::string wrong : {"12", "-1"}) {
    CHECK_THROWS_WITH_AS(run("test_wrong(slot=" + wrong + ")"),
                         doctest::Contains((place + ": slots from 0 to 11 were expected; " + wrong).c_str()), Error);
  }
  for (const std::string wrong : {"4", "-2"}) {
    CHECK_THROWS_WITH_AS(run("test_wrong(count=" + wrong + ")"),
                         doctest::Contains((place + ": at most the 3 slots asked for were expected; ").c_str()), Error);
  }
}

TEST_CASE("no more words can be kept than there are") {
  SparseAccess options = options_of();
  options.slots = 2;
  CHECK_THROWS_WITH_AS(sparse(options), doctest::Contains("cannot be kept of 2"), Error);
}

}  // namespace fovea
