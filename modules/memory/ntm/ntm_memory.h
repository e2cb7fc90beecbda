#pragma once

#include <string>
#include <vector>

#include "modules/memory/memory_network.h"
#include "modules/memory/ntm/ntm.h"

namespace fovea {

struct NtmOptions {
  Extent slots = 128;  // N; may differ in evaluation: no parameter depends on it
  Extent width = 20;   // D
  Extent reads = 1;
  Extent writes = 1;
  Extent reach = 1;
  std::string site = "cosine | dense | softmax | none";
  std::string sharpening = "power";

  void fields(Options& options);
};

/// The memory of a neural Turing machine: heads that write, then heads that read, each by content and by place.
///
/// Solves    slots start as a small constant, and every head at slot 0; the steps are those of NtmHead, ntm_write, ntm_read.
///           Erase is in [0, 1] by a sigmoid, what is added is not bounded.
/// Shapes    state: the slots [B, N, D], and the weights [B, N] of every head. Parameters at the scopes "write_1", ...,
///           "read_1", ...; the sites are there.
/// Source    Graves et al. 2014, arXiv:1410.5401, section 3; a constant start: Collier & Beel 2018, arXiv:1807.08518.
class NtmMemory final : public ControlledMemory {
 public:
  NtmMemory(Builder& builder, const NtmOptions& options, At at = At::here());

  std::vector<Value> start(Value like) override;
  Extent read_width() const override;
  Step step(Value control, const std::vector<Value>& state) override;

 private:
  Value moved(std::size_t head, Value slots, Value previous, Value control);

  Builder& builder_;
  NtmOptions options_;
  std::vector<std::string> names_;  // of the heads: those that write, then those that read
  std::vector<NtmHead> heads_;
};

}  // namespace fovea
