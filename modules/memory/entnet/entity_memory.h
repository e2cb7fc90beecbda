#pragma once

#include "framework/cpu/gemm.h"
#include "framework/ops/checks.h"

namespace fovea {

struct EntityMemoryInputs {
  enum : std::size_t { kSentences, kSentenceTerms, kMask, kInitial, kKeys, kKeyTerms, kWeight, kSlope, kCount };
};

/// The memory of a recurrent entity network over a whole story: every slot is a small recurrent network with a gate.
///
/// Solves    for each sentence t that the mask allows, in order, and each slot n, with state h_n, h_n = initial_n at first:
///             gate_n = sigmoid(s_t . h_n + s_t . key_n)
///             new_n  = prelu(U h_n + key_term_n + sentence_term_t),   prelu(x) = x for x > 0, slope x else
///             h_n    = (h_n + gate_n new_n) / max(|h_n + gate_n new_n|, 1e-8)
/// Shapes    sentences s and their terms W s [B, T, D], mask Index [B, T], initial, keys and their terms V key [N, D],
///           weight U [D, D], slope [1] -> states [B, N, D]; inputs in the order of EntityMemoryInputs.
/// Gradient  exact; of prelu at 0 it is the slope. A sentence that is not allowed changes nothing and gets none.
/// Errors    shapes that do not fit.
/// Cost      N D^2 multiply-adds a sentence that is allowed (others cost nothing) and three times as many in backward; 2 N D
///           Reals of memory for each of B T sentences. Rows that have a k-th sentence are one product, eight rows at a
///           time.
/// Source    Henaff et al. 2017, arXiv:1612.03969, equations 2 to 5.
OpPointer make_entity_memory(cpu::Products products = cpu::Products::kFull);

}  // namespace fovea
