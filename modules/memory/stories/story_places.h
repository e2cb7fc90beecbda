#pragma once

#include "framework/graph/functions.h"

namespace fovea {

struct StoryTime {
  enum class Count : std::uint8_t {
    kSlots,  // sentence n has place n
    kAges,   // the last sentence has place 0, the one before it 1
  };
  Count count = Count::kSlots;
  Extent places = 1;      // P; the last one is for everything further away
  double noise = 0;       // share of empty memories, in [0, 1]
  bool has_null = false;  // word 0 is padding
};

/// The place in time of each sentence of a story, for tables of places.
///
/// Solves    of n sentences that are not empty, e is drawn evenly from 0 .. ceil(noise n) in training, else e = 0; e empty
///           memories are put among them, all arrangements equally likely, and each moves the places after it by one
///           (with kAges: of the sentences before it). A sentence is empty where all its words are null; it does not count
///           for ages, and has place -1.
/// Shapes    story Index [B, N, J], N <= P -> Index [B, N] in [-1, P).
/// Errors    a noise outside of [0, 1]; more sentences than places.
/// Source    Sukhbaatar et al. 2015, arXiv:1503.08895, section 4.1 "learning time invariance by injecting random noise";
///           the number of empty memories is drawn as in the authors' program, at most 10 % there.
Value story_places(Value story, const StoryTime& options, At at = At::here());

}  // namespace fovea
