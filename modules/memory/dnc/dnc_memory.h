#pragma once

#include <string>
#include <vector>

#include "framework/attention/site/site.h"
#include "modules/memory/dnc/dnc.h"
#include "modules/memory/memory_network.h"

namespace fovea {

struct DncOptions {
  Extent slots = 128;  // N; may differ in evaluation: no parameter depends on it
  Extent width = 20;   // D
  Extent reads = 1;
  DncVariant variant = {};
  std::string site = "cosine(epsilon=0.001) | dense | softmax | none";

  void fields(Options& options);
};

/// The memory of a differentiable neural computer: one head that writes to free slots or to what it finds, and heads that
/// read what they find or follow the order in which slots were written.
///
/// Solves    with content weights c from the sites, u the usage, L the links:
///           w = write_gate (allocation_gate allocate(u) + (1 - allocation_gate) c);  M' = M (1 - w erase) + w added;
///           r_i = modes_i . [backward, c, forward] along L';  what is read is r_i M'. Everything starts as 0.
/// Shapes    state: memory [B, N, D], usage, write weights, precedence [B, N], links [B, N, N], read weights [B, R, N].
///           Parameters at the scope "interface"; the sites are "write" and "read".
/// Gradient  that of the sites; exact elsewhere, for a fixed order of the slots by usage.
/// Cost      O(N^2 + R N^2 + N D) a step.
/// Source    Graves et al. 2016, Nature 538, doi:10.1038/nature20101, methods. In the search a slot shorter than `epsilon`
///           counts as that long, so that an empty one resembles no key and has a small gradient.
class DncMemory final : public ControlledMemory {
 public:
  DncMemory(Builder& builder, const DncOptions& options, At at = At::here());

  std::vector<Value> start(Value like) override;
  Extent read_width() const override;
  Step step(Value control, const std::vector<Value>& state) override;

 private:
  struct State;
  Value find(Site& site, Value memory, Value keys, Value sharpness, Value masks);
  Value write_weights(const DncControls& controls, const State& state);
  Value read_weights(const DncControls& controls, const State& updated, Value previous);

  Builder& builder_;
  DncOptions options_;
  Site write_site_;
  Site read_site_;
};

}  // namespace fovea
