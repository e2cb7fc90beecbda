#include "modules/program/synthesiser.h"

#include "framework/core/error.h"
#include "framework/graph/loop.h"

namespace fovea::program {
namespace {

/// Part `number` of every instruction, step by step: program Index [B, T, 3] -> Index [T, B].
Value part(Value program, Extent number) { return transpose(squeeze(slice(program, 2, number, number + 1), 2), {1, 0}); }

Chosen labels(LoopBuilder& loop, Value program) {
  return {loop.stacked("operation", part(program, 0)), loop.stacked("destination", part(program, 1)),
          loop.stacked("source", part(program, 2))};
}

Value item_of(const Controller::Pick& pick) {
  if (!pick.item.is_empty()) return pick.item;
  throw Error("program",
              "a selector that keeps one item, which is executed, was expected; one that may keep several came; "
              "use argmax or sample.");
}

struct Step {
  Chosen chosen;
  Value on_track;
  Value entropy;  // [B], of the three choices
};

constexpr double kTiny = 1e-20;  // keeps the logarithm of a probability of 0 finite

/// In nats, of the softmax over what is legal.
Value entropy_of(const Controller::Pick& pick) {
  const Value probabilities = masked_softmax(pick.scores, pick.legal);
  return negate(sum(multiply(probabilities, log(add_scalar(probabilities, kTiny))), 1));
}

/// What the sites choose. `label` and `on_track` [B], whether all choices before were the labels, are for the results; or
/// empty.
Step choose(Controller& controller, const Controller::Seen& seen, Value has_halted, const Chosen& label, Value on_track) {
  const bool is_known = !on_track.is_empty();
  const auto right = [&](Value of) { return is_known ? label_on_track(on_track, of) : Value{}; };
  const auto follow = [&](Value of, Value chosen) {
    if (is_known) on_track = stay_on_track(on_track, of, chosen);
  };
  const Controller::Pick first = controller.operation(seen, has_halted, right(label.operation));
  const Value operation = item_of(first);
  follow(label.operation, operation);
  const Controller::Pick second = controller.destination(seen, operation, right(label.destination));
  const Value destination = item_of(second);
  follow(label.destination, destination);
  const Controller::Pick third = controller.source(seen, operation, destination, right(label.source));
  const Value source = item_of(third);
  follow(label.source, source);
  const Value entropy = add(entropy_of(first), add(entropy_of(second), entropy_of(third)));
  return {{operation, destination, source}, on_track, entropy};
}

struct Outcome {
  Value words;   // Index [B, P, R]
  Value halted;  // Index [B]
  Value length;  // [B], instructions
};

Outcome outcome_of(LoopBuilder& loop, Value words, Value halted, Value length) {
  return {loop.final("last_words", words), loop.final("last_halted", halted), loop.final("last_length", length)};
}

/// 1 where a program has halted with every word right.
Value solved(const SynthesiserOptions& options, const Outcome& outcome, Value wanted) {
  const Value any = missed(options.set, outcome.words, wanted).any;
  return multiply(add_scalar(negate(any), 1), to_real(outcome.halted));
}

}  // namespace

void learn_from_programs(Builder& b, const Problem& problem, const SynthesiserOptions& options) {
  SiteText text = SiteText::parse(options.site);
  text.selector = "softmax";  // the label decides, and the cost is of its softmax
  text.estimator = "none";
  Controller controller(b, options, text.text(), problem.before);
  LoopBuilder loop(b, "steps");
  const Value words = loop.carried("words", problem.before);
  const Chosen label = labels(loop, problem.program);
  const Controller::Seen seen = controller.look(words, problem.after);
  const Executed done = execute(options.set, words, label);
  const auto cost = [](const Controller::Pick& pick, Value of) { return cross_entropy(pick.scores, of, pick.legal); };
  const Value operation = cost(controller.operation(seen, full_index(label.operation, 1, 0), {}), label.operation);
  const Value destination = cost(controller.destination(seen, label.operation, {}), label.destination);
  const Value source = cost(controller.source(seen, label.operation, label.destination, {}), label.source);
  loop.next(words, done.words);
  loop.stop(done.has_halted);
  const Value costs = loop.stack("cost", add(operation, add(destination, source)));
  loop.finish();
  b.output("cost", sum(costs, 0));
}

void learn_from_rewards(Builder& b, const Problem& problem, const SynthesiserOptions& options) {
  Controller controller(b, options, options.site, problem.before);
  LoopBuilder loop(b, "steps");
  loop.steps(options.longest + 1);
  const Value words = loop.carried("words", problem.before);
  const Value halted = loop.carried("halted", full_index(problem.before, 1, 0));
  const Value length = loop.carried("length", to_real(full_index(problem.before, 1, 0)));
  const Step step = choose(controller, controller.look(words, problem.after), halted, {}, {});
  const Executed done = execute(options.set, words, step.chosen);
  loop.next(words, done.words);
  loop.next(halted, done.has_halted);
  loop.next(length, add_scalar(subtract(length, to_real(done.has_halted)), 1));
  loop.stop(done.has_halted);
  const Value entropies = loop.stack("entropy", step.entropy);
  const Outcome outcome = outcome_of(loop, words, halted, length);
  loop.finish();
  const Value right = solved(options, outcome, problem.after);
  const Value bits = missed(options.set, outcome.words, problem.after).bits;
  const Value price = add(scale(bits, options.wrong_bits), scale(outcome.length, options.length));
  const Value bonus = scale(sum(entropies, 0), options.entropy);
  b.output("cost", subtract(add(add_scalar(negate(right), 1), price), bonus));
  b.metric("solved", right);
}

namespace {

/// The first of every `copies` rows is on track at the start: that of the greedy choices.
Value first_on_track(Value before, Extent copies) {
  const Value first = full_index(before, 1, 1);
  if (copies == 1) return first;
  const Value others = full_index(before, 1, 0);
  std::vector<Value> all(static_cast<std::size_t>(copies), others);
  all[0] = first;
  return reshape(stack(all, 1), {-1});
}

}  // namespace

void synthesise(Builder& b, const Problem& given, const SynthesiserOptions& options) {
  const Extent copies = options.samples;
  const auto each = [copies](Value rows) { return copies == 1 || rows.is_empty() ? rows : repeated(rows, copies); };
  const Problem problem{each(given.before), each(given.after), each(given.program)};
  Controller controller(b, options, options.site, problem.before);
  controller.sample(copies);
  LoopBuilder loop(b, "steps");
  loop.steps(options.longest + 1);
  const bool is_known = !problem.program.is_empty();
  const Value words = loop.carried("words", problem.before);
  const Value halted = loop.carried("halted", full_index(problem.before, 1, 0));
  const Value on_track = is_known ? loop.carried("on_track", first_on_track(given.before, copies)) : Value{};
  const Value length = loop.carried("length", to_real(full_index(problem.before, 1, 0)));
  const Chosen label = is_known ? labels(loop, problem.program) : Chosen{};
  const Step step = choose(controller, controller.look(words, problem.after), halted, label, on_track);
  const Executed done = execute(options.set, words, step.chosen);
  loop.next(words, done.words);
  loop.next(halted, done.has_halted);
  loop.next(length, add_scalar(subtract(length, to_real(done.has_halted)), 1));
  if (is_known) loop.next(on_track, step.on_track);
  loop.stop(done.has_halted);
  const Value operations = loop.stack("operations", step.chosen.operation);
  const Value destinations = loop.stack("destinations", step.chosen.destination);
  const Value sources = loop.stack("sources", step.chosen.source);
  const Outcome outcome = outcome_of(loop, words, halted, length);
  loop.finish();
  const Value programs = transpose(stack({operations, destinations, sources}, 2), {1, 0, 2});
  if (copies == 1) return b.output("program", programs);
  const Value failed = add_scalar(negate(solved(options, outcome, problem.after)), 1);
  const Value prices = add(scale(failed, 1000), outcome.length);
  b.output("program", cheapest(programs, scale(prices, 0), copies));  // of equal prices the first: the greedy one
  b.output("found", cheapest(programs, prices, copies));
}

}  // namespace fovea::program
