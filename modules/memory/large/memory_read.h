#pragma once

#include "framework/ops/checks.h"

namespace fovea {

/// What a read of a large memory looks for and keeps.
struct MemoryRead {
  Extent kept = 8;             // K, the most slots that a query keeps
  double least = 0;            // > 0: only slots with at least this share of the total probability, and always the best
  double factor = 1;           // of the scores
  bool is_cosine = false;      // scores are factor * cosine, else factor * dot product
  double epsilon = 1e-8;       // of a cosine: shorter vectors count as this long
  bool has_values = true;      // else the keys are read
  bool has_sharpness = false;  // a factor for each query
};

/// An exact read of a large memory: all slots are scored, the best are kept and read, and no scores are written anywhere.
///
/// Solves    s_n = sharpness factor q . k_n, or sharpness factor q . k_n / (max(|q|, epsilon) max(|k_n|, epsilon)); kept =
///           the K largest, ties to the lowest slot; with `least`, those of them with exp(s_n) >= least sum over all n of
///           exp(s); w = softmax of s over kept; read = sum over kept of w_n v_n.
/// Shapes    queries [B, M, D]; keys [B, N, D], or [N, D] for all rows of the batch; values likewise [B, N, V] or [N, V], if
///           any; sharpness [B, M], if any -> weights [B, M, K'], kept Index [B, M, K'] ascending,
///           count Index [B, M], read [B, M, V], K' = min(K, N); past `count` weights are 0 and kept is -1.
/// Gradient  exact where the kept set does not change; it touches the kept rows only. A plan clears the gradient of keys
///           and of values before that, which is work over all N: where N is large, give a memory that has none, such as
///           an input.
/// Errors    shapes that do not fit. Scores that are NaN are left out; where fewer than K are numbers, the weights
///           of the query are NaN.
/// Cost      forward: B M N D multiply-adds, in one pass over the keys: all queries meet a slot while it is in the cache.
///           backward: O(B M K (D + V)).
/// Source    Rae et al. 2016, arXiv:1610.09027, section 3.1; a running top-k as in Dao et al. 2022, arXiv:2205.14135.
OpPointer make_memory_read(const MemoryRead& options);

}  // namespace fovea
