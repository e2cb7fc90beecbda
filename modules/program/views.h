#pragma once

#include <vector>

#include "modules/program/machine.h"

namespace fovea::program {

/// Some registers at a time: how words are shown to a network.
struct Views {
  std::vector<std::vector<Index>> registers;  // of each view, equally many

  Extent count() const { return static_cast<Extent>(registers.size()); }
  Extent together() const { return static_cast<Extent>(registers.front().size()); }
  /// Patterns of two bits of the words that are counted together, for each choice of present or wanted words.
  Extent patterns() const { return Extent{1} << (2 * (together() + 1)); }
  Extent choices() const { return Extent{1} << (together() - 1); }
};

/// Every register in turn leads views, with every choice of `together` - 1 others in ascending order after it.
/// Errors    more together than there are registers.
Views views_of(Extent registers, Extent together);

/// How often every pattern of bits occurs: a pattern is a bit and the bit below it (0 below the lowest) of the present and
/// the wanted word of the register that leads the view, and of one word of each other register, the present or the wanted
/// one. An operation of one of the machine's kinds is seen in these: a carry follows from the bits below.
///
/// Shapes    words Index [B, P, R], wanted Index [B, P, L], of the first L registers; the others count as 0 there
///           -> Real [B, views, choices patterns], counts divided by the P W places, times sqrt(patterns).
/// Gradient  none.
/// Errors    other shapes.
/// Cost      views choices P W places.
Value bit_patterns(const Instructions& set, Value words, Value wanted, const Views& views, At at = At::here());

/// Zeros and ones [views together, R]: which member of which view shows a register as destination: the first of each.
std::vector<Real> destination_members(const Views& views, Extent registers);
/// Zeros and ones [views together, R R]: which members show source s for destination d, at column d R + s.
std::vector<Real> source_members(const Views& views, Extent registers);

}  // namespace fovea::program
