#pragma once

#include <string>
#include <vector>

#include "framework/core/rng.h"

namespace fovea::qa {

/// A sentence that has nothing to do with any story: "the old clock ticked softly". No word of it except "the" occurs in the
/// stories of bAbI.
std::vector<std::string> filler_sentence(Rng& rng);

/// All words that such sentences have.
std::vector<std::string> filler_words();

}  // namespace fovea::qa
