#pragma once

#include <string_view>

#include "tasks/algorithmic/program_table.h"

namespace fovea::synthesis {

/// The pairs of a line that a user has written, as in "184 63 59 2 -> 125 2 59 2; 173 122 148 60 -> 25 56 148 60": words of
/// all registers, and of the live ones after a program.
///
/// Errors    data::LineError: another number of words; words that do not have so many bits; no pair, or more than 64.
Examples pairs_in(std::string_view line, const MachineSizes& sizes);

/// The first `count` pairs, from the front again where there are fewer.
Examples repeated(const Examples& pairs, Extent count);

}  // namespace fovea::synthesis
