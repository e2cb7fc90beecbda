// What a mistake in a model, and an op that breaks its contract, are answered by.
#include <doctest/doctest.h>

#include <functional>
#include <new>
#include <stdexcept>
#include <string>

#include "framework/core/error.h"
#include "framework/cpu/parallel.h"
#include "framework/graph/check.h"
#include "framework/graph/functions.h"
#include "framework/graph/loop.h"
#include "tests/support/model_run.h"

using namespace fovea;

namespace {

enum class Way {
  kFair,
  kNoOutputs,
  kInferThrows,
  kInferNegative,
  kInferHuge,
  kOtherKind,
  kMoreOutputs,
  kOverwritesWhatIsNotThere,
  kForwardThrows,
  kForwardThrowsSeven,
  kForwardThrowsOnWorkers,
  kForwardError,
  kNoMemory,
  kBackwardThrows,
  kScratchThrows,
  kPrepareThrows,
  kStateThrows
};

class Broken final : public Op {
 public:
  explicit Broken(Way way) : way_(way) {}

  std::string_view name() const override { return "broken"; }
  std::vector<Type> infer(std::span<const Type> in) const override {
    const Shape& shape = in[0].shape;
    const bool is_other = shape[0] != 4;  // than when the graph was built
    if (way_ == Way::kNoOutputs) return {};
    if (way_ == Way::kInferThrows) throw std::out_of_range("vector::at");
    if (way_ == Way::kInferNegative) return {{shape.with(0, -3)}};
    if (way_ == Way::kInferHuge) return {{{shape[0], Extent{1} << 62}}};
    if (way_ == Way::kOtherKind && is_other) return {{shape, Kind::kIndex}};
    if (way_ == Way::kMoreOutputs && is_other) return {in[0], in[0]};
    return {in[0]};
  }
  std::vector<Type> scratch(std::span<const Type>) const override {
    if (way_ == Way::kScratchThrows) throw 7;
    return {};
  }
  std::shared_ptr<const Prepared> prepare(std::span<const Type>) const override {
    if (way_ == Way::kPrepareThrows) throw std::runtime_error("no kernel");
    return nullptr;
  }
  std::shared_ptr<OpState> make_state(std::span<const Type>) const override {
    if (way_ == Way::kStateThrows) throw std::runtime_error("no index");
    return nullptr;
  }
  int overwrites() const override { return way_ == Way::kOverwritesWhatIsNotThere ? 3 : -1; }
  void forward(const OpRun& run) const override {
    if (way_ == Way::kForwardThrows) throw std::runtime_error("connection lost");
    if (way_ == Way::kForwardThrowsSeven) throw 7;
    if (way_ == Way::kForwardThrowsOnWorkers) cpu::parallel_for(8, [](Extent) { throw 7; });
    if (way_ == Way::kForwardError) throw Error("broken", "an index was expected; none came.");
    if (way_ == Way::kNoMemory) throw std::bad_alloc();
    std::copy_n(run.in[0].real(), run.in[0].size(), run.out[0].real());
  }
  void backward(const OpRun&) const override {
    if (way_ == Way::kBackwardThrows) throw std::logic_error("no derivative");
  }

 private:
  Way way_;
};

std::string failure_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A model of one op, run for `rows` rows.
void run(Way way, Extent rows = 4) {
  Builder b;
  const auto scope = b.scope("here");
  const Value x = b.input("x", {{4, 3}, Kind::kReal});
  const Value y = multiply(b.add(std::make_shared<Broken>(way), {x}), b.parameter("w", {3}, Init::constant(1)));
  b.output("y", b.add(std::make_shared<Broken>(way), {y}));
  const std::vector<Real> values(static_cast<std::size_t>(3 * rows), Real(1));
  test::ModelRun model(b.freeze(), {{"here/x", {{rows, 3}, Kind::kReal}}});
  model.bind("here/x", values.data());
  model.run({{"y", 1}});
}

}  // namespace

TEST_CASE("an op that breaks its contract is answered by its place, its name, the function and what came") {
  CHECK_NOTHROW(run(Way::kFair));
  CHECK_NOTHROW(run(Way::kFair, 6));
  const auto says = [](Way way, const std::string& part, Extent rows = 4) {
    const std::string message = failure_of([&] { run(way, rows); });
    CAPTURE(message);
    CAPTURE(part);
    CHECK(message.starts_with("[here/broken"));
    CHECK(holds(message, "(built at mistakes_test.cpp:"));
    CHECK(holds(message, part));
  };
  says(Way::kNoOutputs, "op 'broken', infer: at least one output was expected; none came");
  says(Way::kInferThrows, "op 'broken', infer: no exception but fovea::Error was expected; 'vector::at' came");
  says(Way::kInferNegative, "an extent is >= 0; [-3, 3] came");
  says(Way::kInferHuge, "at most 2^46 elements");
  says(Way::kOtherKind, "op 'broken', infer: outputs of the same number, kinds and axes were expected", 6);
  says(Way::kMoreOutputs, "op 'broken', infer: outputs of the same number, kinds and axes were expected", 6);
  says(Way::kOverwritesWhatIsNotThere, "op 'broken', overwrites: one of its 1 inputs was expected; number 3 came");
  says(Way::kForwardThrows, "op 'broken', forward: no exception but fovea::Error was expected; 'connection lost' came");
  says(Way::kForwardThrowsSeven, "op 'broken', forward: no exception but fovea::Error was expected; one without a text");
  says(Way::kForwardThrowsOnWorkers, "op 'broken', forward: no exception but fovea::Error was expected; one without a text");
  says(Way::kForwardError, "] broken: an index was expected; none came.");
  says(Way::kNoMemory, "op 'broken', forward: enough memory was expected; there is none left");
  says(Way::kBackwardThrows, "op 'broken', backward: no exception but fovea::Error was expected; 'no derivative' came");
  says(Way::kScratchThrows, "op 'broken', scratch: ");
  says(Way::kPrepareThrows, "op 'broken', prepare: ");
  says(Way::kStateThrows, "op 'broken', make_state: ");
}

TEST_CASE("an op in the body of a loop is named once, by its own place") {
  Builder b;
  const Value x = b.input("x", {{4, 3}, Kind::kReal});
  LoopBuilder loop(b, "loop");
  loop.steps(2);
  const Value state = loop.carried("state", x);
  loop.next(state, loop.body().add(std::make_shared<Broken>(Way::kForwardThrows), {state}));
  b.output("y", loop.final("y", state));
  loop.finish();
  const std::vector<Real> values(12, Real(1));
  const std::string message = failure_of([&] {
    test::ModelRun model(b.freeze());
    model.bind("x", values.data());
    model.run({});
  });
  CHECK(message.starts_with("[loop/broken] op 'broken', forward: "));
  CHECK(message.find("built at") == message.rfind("built at"));
}

TEST_CASE("no op, and an empty value, are answered by the line of the model") {
  Builder b;
  const Value x = b.input("x", {{4, 3}, Kind::kReal});
  CHECK(holds(failure_of([&] { b.add(nullptr, {x}); }), "an op was expected; none came; make it first (built at mistakes"));
  CHECK(holds(failure_of([&] { b.add(std::make_shared<Broken>(Way::kFair), {Value()}); }), "an empty one came"));
  CHECK(holds(failure_of([&] { b.output("y", {}); }), "an empty one came"));
  CHECK(holds(failure_of([&] { relu(Value()); }), "an empty one came"));
}

TEST_CASE("a cost without a gradient is refused when the plan of training is made") {
  const auto failure = [](const std::function<Value(Value)>& cut) {
    Builder b;
    const Value x = b.input("x", {{4, 3}, Kind::kReal});
    const Value w = b.parameter("w", {1, 3});
    b.output("cost", cut(squeeze(linear(x, w), 1)));
    const auto graph = b.freeze();
    return failure_of([&] { Plan::compile(graph, {}, Plan::Passes::kBackward); });
  };
  CHECK(failure([](Value x) { return square(x); }).empty());
  for (const std::string& message :
       {failure([](Value x) { return detach(x); }), failure([](Value x) { return square(detach(x)); }),
        failure([](Value x) { return to_real(argmax(unsqueeze(x, 1))); })}) {
    CAPTURE(message);
    CHECK(holds(message, "the output 'cost' was expected to have a gradient; none passes from it to any parameter"));
    CHECK(holds(message, "built at mistakes_test.cpp:"));
  }
}

TEST_CASE("a missing cost is explained, and no other output is taken for it") {
  Builder b;
  const Value x = b.input("x", {{4, 3}, Kind::kReal});
  b.output("loss", sum(x, 1));
  const auto graph = b.freeze();
  const std::string message = failure_of([&] { graph->output("cost"); });
  CHECK(holds(message, "the output 'cost' [B] of training was expected"));
  CHECK(holds(message, "only loss came"));
  CHECK(!holds(message, "Did you mean"));
}

TEST_CASE("an input that the batch does not have is named with its line and the inputs that there are") {
  const auto failure = [](const std::string& scope, const std::string& name) {
    Builder b;
    std::unique_ptr<Builder::Scope> inside;
    if (!scope.empty()) inside = std::make_unique<Builder::Scope>(b, scope);
    b.output("y", b.input(name, {{4, 3}, Kind::kReal}));
    const auto graph = b.freeze();
    return failure_of([&] { graph::expect_inputs(*graph, {"what", "where"}); });
  };
  CHECK(failure("", "where").empty());
  const std::string in_scope = failure("read", "where");
  CHECK(holds(in_scope, "no 'read/where'; known: what, where."));
  CHECK(holds(in_scope, "build 'where' before the scope is opened. (built at mistakes_test.cpp:"));
  CHECK(holds(failure("", "wher"), "Did you mean 'where'?"));
  CHECK(holds(failure("read", "other"), "Inputs of a model have the names of the tensors of its batch."));
}

TEST_CASE("sizes at the end of the range of whole numbers give a message when the model is built") {
  for (const Extent size : {(Extent{1} << 46) + 1, Extent{1} << 62, Extent{9223372036854775807}}) {
    Builder b;
    const Value index = b.input("i", {{4}, Kind::kIndex});
    CHECK(holds(failure_of([&] { b.parameter("w", {6, size}); }), "at most 2^46 elements"));
    CHECK(holds(failure_of([&] { b.input("x", {{size, size}, Kind::kReal}); }), "at most 2^46 elements"));
    CHECK(holds(failure_of([&] { one_hot(index, size); }), "at most 2^46 elements"));
  }
}
