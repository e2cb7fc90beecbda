#pragma once

#include <span>
#include <string>

#include "framework/core/real.h"

// Whole numbers as they are written out in several languages.
namespace fovea::number_words {

inline constexpr Extent kNumbers = 1000000;  // 0 to 999,999

/// A language and its rules. Where usage varies, they keep to one form:
///
/// en  British: "and" before the last two digits, hyphens from twenty-one to ninety-nine, no commas.
/// de  one word; units before tens; "eins" at the end, "ein" elsewhere; "einhundert", "eintausend".
/// fr  of France, with hyphens by the rules from before 1990; "cents" and "quatre-vingts" at the end alone.
/// es  accents as in "veintidós"; "uno" loses its o before "mil".
/// it  one word; the vowel of a ten falls before "uno" and "otto", that of "cento" before "otto" and "ottanta", none before
///     "mila"; "tré" at the end of a longer word.
/// fi  one word; partitive after a number above one: "kaksisataa", "kaksituhatta".
/// tr  all words apart; "yüz" and "bin" without a one before them.
///
/// Source    grammars of the languages; but for these forms, all names are those of the rules "spellout-cardinal" of Unicode
///           CLDR 42 (ICU 72).
struct Language {
  const char* tag;              // ISO 639-1
  std::string (*name)(Extent);  // of a number in [0, kNumbers), UTF-8, lower case
};

std::span<const Language> languages();

}  // namespace fovea::number_words
