#pragma once

#include "framework/ops/checks.h"

namespace fovea {

/// Sentences as sums of the vectors of their words, each multiplied by the mask of its place: a weighting that is learned.
///
/// Solves    y = sum over j of mask_j * table[w_j], element by element; word 0 is padding and adds nothing.
/// Shapes    words Index [..., J], table [V, D], masks [L >= J, D] -> [..., D].
/// Gradient  exact, added sentence by sentence in a fixed order; none for word 0.
/// Errors    more words than masks; when run, a word outside of [0, V).
/// Cost      J D multiply-adds a sentence, twice as many in backward.
/// Source    Henaff et al. 2017, arXiv:1612.03969, equation 1.
OpPointer make_mask_words();

}  // namespace fovea
