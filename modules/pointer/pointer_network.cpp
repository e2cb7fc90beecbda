#include "modules/pointer/pointer_network.h"

#include "framework/attention/site/site.h"
#include "framework/core/error.h"
#include "modules/pointer/decoder.h"
#include "modules/pointer/encoder.h"

namespace fovea {
namespace {

constexpr const char* kWhere = "pointer_network";

void expect_at_least(const char* name, Extent value, Extent least) {
  if (value >= least) return;
  throw Error(kWhere, std::string("option '") + name + "' must be >= " + std::to_string(least) + "; it is " +
                          std::to_string(value) + "; give a larger one.");
}

void check(const PointerOptions& options) {
  expect_at_least("hidden", options.hidden, 1);
  expect_at_least("item_layers", options.item_layers, 0);
  expect_at_least("process_steps", options.process_steps, 0);
  expect_at_least("glimpses", options.glimpses, 0);
  expect_at_least("beam", options.beam, 1);
  if (options.encoder != "lstm" && options.encoder != "set") {
    const std::vector<std::string> known{"lstm", "set"};
    throw Error(std::string(kWhere) + "/encoder", unknown_name(options.encoder, known));
  }
  const std::string selector = parse_call(SiteText::parse(options.site).selector).name;
  if (selector == "softmax") return;
  throw Error(kWhere, "the site of a pointer trained by teacher forcing chooses with selector 'softmax'; it has '" +
                          selector + "'; write softmax, greedy choice and beams come with the decoder.");
}

const Type& input_type(const InputTypes& inputs, const std::string& name, int rank) {
  const auto found = inputs.find(name);
  if (found == inputs.end()) {
    throw Error(kWhere, "a batch must have '" + name + "'; this one has none; choose a task that gives items and targets.");
  }
  if (found->second.shape.rank() != rank) {
    throw Error(kWhere, "'" + name + "' must have " + std::to_string(rank) + " axes; it is " + found->second.shape.text() +
                            "; choose a task that gives items [B, N, D] and targets [B, M].");
  }
  return found->second;
}

}  // namespace

void PointerOptions::fields(Options& options) {
  options.add("encoder", encoder, "how items are read: one after another, or as a set", {"lstm", "set"});
  options.add("hidden", hidden, "width of states and keys, >= 1", {.low = 1});
  options.add("item_layers", item_layers, "layers that embed an item, tanh between them; 0: none, >= 0", {.low = 0});
  options.add("process_steps", process_steps, "reads of the set encoder before the first output, >= 0", {.low = 0});
  options.add("site", site, "site of the pointer: scorer | pattern | softmax | none");
  options.add("glimpses", glimpses, "reads of the remaining items before each pointing, >= 0", {.low = 0});
  options.add("tanh_clip", tanh_clip, "scores become clip * tanh(score); 0: as they are, >= 0", {.low = 0});
  options.add("use_once", use_once, "whether an item that was chosen is masked from then on");
  options.add("beam", beam, "beams of the search in evaluation, >= 1; 1: greedy", {.low = 1});
}

void pointer_network(Builder& b, const InputTypes& inputs, const PointerOptions& options) {
  check(options);
  const Value items = b.input("items", input_type(inputs, "items", 3));
  const pointer::Encoded encoded = pointer::encode(b, items, options);
  if (b.mode() == Mode::kEvaluate) {
    return options.beam > 1 ? pointer::decode_with_beams(b, encoded, options)
                            : pointer::decode_greedily(b, encoded, options);
  }
  pointer::teach(b, encoded, b.input("targets", input_type(inputs, "targets", 2)), options);
}

Model pointer_model(const PointerOptions& options) {
  return [options](Builder& b, const InputTypes& inputs) { pointer_network(b, inputs, options); };
}

}  // namespace fovea
