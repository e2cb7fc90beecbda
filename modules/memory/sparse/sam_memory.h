#pragma once

#include <string>
#include <vector>

#include "framework/core/options.h"
#include "modules/memory/memory_network.h"
#include "modules/memory/sparse/sparse_access.h"

namespace fovea {

struct SamOptions {
  Extent slots = 1024;  // N; may differ in evaluation: no parameter depends on it
  Extent width = 20;    // D
  Extent heads = 1;     // each writes and reads
  std::string site = "cosine(epsilon=0.001) | dense | top_k(4) | none";  // of the reads
  std::string index = "exact";
  double least_access = 0.005;
  std::string start = "zero";

  void fields(Options& options);
};

/// Sparse access memory: heads that write to what they read before or to the least recently accessed slot, and read the
/// few words that are most like their query, however many words there are.
///
/// Solves    query, added, sharpness = 1 + softplus, write_gate and reuse = sigmoid, all linear in the control; then a step
///           of make_sparse_access, see there.
/// Shapes    state: the weights [B, H, K] and the slots Index [B, H, K] of the last reads. Parameters at the scope
///           "interface"; the site is "read".
/// Gradient  exact for the words that are kept, through all steps.
/// Errors    a site that is not "cosine | dense | top_k(k) | none"; an unknown index.
/// Cost      in a step only the search of the index depends on N; see make_sparse_access.
/// Source    Rae et al. 2016, arXiv:1610.09027, section 3.
class SamMemory final : public ControlledMemory {
 public:
  SamMemory(Builder& builder, const SamOptions& options, At at = At::here());

  std::vector<Value> start(Value like) override;
  Extent read_width() const override;
  Step step(Value control, const std::vector<Value>& state) override;

 private:
  Builder& builder_;
  SamOptions options_;
  SparseAccess access_;
  std::string site_;
};

}  // namespace fovea
