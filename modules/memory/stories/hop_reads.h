#pragma once

#include <string>
#include <vector>

#include "framework/attention/site/site.h"
#include "framework/graph/functions.h"

namespace fovea {

struct HopReadsOptions {
  Extent width = 20;            // D
  Extent reads = 1;             // R
  std::string combine = "sum";  // or "mlp"
  std::string site = "dot | dense | softmax | none";
};

/// The reads of one hop of a memory network: each is a site with its own query, and their reads become one vector.
///
/// Solves    queries q_r = u + W_r u, or u where there is one read; o_r = what site r reads with q_r, R of them.
///           `combine` sum: o = sum over r of o_r; mlp: o = sum over r of o_r + V max(U [u, o_1, .., o_R] + b, 0) + c.
///           With a linear share s each o_r is s times the read with scores as weights, plus 1 - s times what the site
///           reads.
/// Shapes    state [B, D], keys and values [B, N, D], mask Index [B, N] or empty -> [B, D]. Parameters at the current scope:
///           those of the site where R = 1, else of each read at read_r, with query [D, D]; combine/inner/weight
///           [D, (R + 1) D], combine/outer/weight [D, D] and their biases (mlp).
/// Cost      R reads; R D^2 multiply-adds for the queries where R > 1, (R + 2) D^2 for mlp.
/// Source    several reads at once: Graves et al. 2014, arXiv:1410.5401, section 3.1 (heads); Vaswani et al. 2017,
///           arXiv:1706.03762, section 3.2.2.
class HopReads {
 public:
  HopReads(Builder& builder, HopReadsOptions options, At at = At::here());

  struct Inputs {
    Value state;
    Value keys;
    Value values;
    Value mask{};
    Value linear_share{};  // [1], or empty: 0
  };
  struct Reads {
    Value read;                   // [B, D]
    std::vector<Attended> sites;  // of each read, queries [B, 1, D]
  };
  Reads operator()(const Inputs& in);

 private:
  Value combined(const Value& state, const std::vector<Value>& reads) const;

  HopReadsOptions options_;
  std::vector<Site> sites_;
  std::vector<Value> queries_;  // [D, D]; none where there is one read
  Value inner_weight_;          // [D, (R + 1) D]; empty unless mlp
  Value inner_bias_;
  Value outer_weight_;
  Value outer_bias_;
};

}  // namespace fovea
