#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/data/lines.h"

// Texts as numbers of their words or characters.
namespace fovea::data {

enum class Unit : std::uint8_t { kWord, kCharacter };
/// "words", "characters".
Unit unit_of(std::string_view name);

/// The words of a text, between blanks, or its characters (code points), blanks included; in lower case where asked, which
/// is that of ASCII letters only.
struct UnitOptions {
  Unit unit = Unit::kWord;
  bool lower = false;
};
std::vector<std::string> units_of(std::string_view text, const UnitOptions& options);
/// The text that units are of.
std::string joined(const std::vector<std::string>& units, Unit unit);

/// Units and their numbers: some with a meaning of their own first, then those that were counted, in the order of their
/// bytes.
class Units {
 public:
  Units() = default;
  /// `first` are the texts of numbers 0, 1, ... that are no units. Units that were counted less than `min_count` times are
  /// unknown.
  Units(std::vector<std::string> first, const std::map<std::string, Extent>& counts, Extent min_count = 1);

  Extent size() const { return static_cast<Extent>(texts_.size()); }
  Index number_of(const std::string& unit, Index unknown) const;
  std::vector<Index> numbers_of(const std::vector<std::string>& units, Index unknown) const;
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
  std::map<std::string, Index> numbers_;
};

/// Refuses a text of more units than `longest`, with the option to raise, or of none.
void check_length(const Field& text, std::size_t units, Extent longest, const std::string& what);

}  // namespace fovea::data
