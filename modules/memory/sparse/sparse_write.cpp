#include "modules/memory/sparse/sparse_write.h"

#include "framework/graph/functions.h"

namespace fovea {
namespace {

Site site_of(Builder& builder, const std::string& name, Extent width, const std::string& text, At at) {
  const auto scope = builder.scope(name);
  return Site(builder, text, width, width, at);
}

// [N, N] for every row of the batch: what a site reads of it is the weight of every slot.
Value every_slot(Value memory, At at) {
  const Extent slots = memory.shape()[1];
  std::vector<Index> places;
  for (Extent n = 0; n < slots; ++n) places.push_back(static_cast<Index>(n));
  Builder& builder = memory.builder();
  return expand_rows(one_hot(builder.constant("every_slot", {slots}, places, at), slots, at), memory, at);
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): `at` is filled in by itself
SparseWrite::SparseWrite(Builder& builder, const std::string& name, Extent width, const std::string& site, WriteTo to, At at)
    : site_(site_of(builder, name, width, site, at)),
      wants_every_weight_(builder.mode() == Mode::kTrain && site_.reads_all()),
      to_(to) {}

SparseWrite::Written SparseWrite::write(Value memory, const SparseWriteControls& controls, At at) {
  const auto raised = [&](Value x) { return x.is_empty() ? x : unsqueeze(x, 1, at); };
  const Attended found = site_.attend({.queries = raised(controls.key),
                                       .prepared_keys = site_.prepare_keys(memory),
                                       .values = wants_every_weight_ ? every_slot(memory, at) : Value{},
                                       .bias = raised(controls.bias),
                                       .sharpness = raised(controls.sharpness)},
                                      at);
  const auto gated = [&](Value weights) {
    return controls.gate.is_empty() ? weights : multiply(weights, unsqueeze(raised(controls.gate), 2, at), at);
  };
  std::vector<Value> inputs{memory, found.kept, gated(found.weights), raised(controls.erase), raised(controls.added)};
  if (wants_every_weight_) inputs.push_back(gated(found.read));
  return {innermost(inputs, at).add(make_write_items(to_), inputs, "", at), found};
}

}  // namespace fovea
