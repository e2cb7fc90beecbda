#pragma once

#include <span>
#include <string>
#include <vector>

#include "framework/core/rng.h"
#include "framework/core/tensor.h"

namespace fovea::domains {

/// The sizes of a language of several domains.
struct LanguageOptions {
  Extent domains = 8;
  Extent words = 32;      // of a domain
  Extent successors = 4;  // words that may follow a word
  double change = 0.1;    // probability of another domain after a word
  Extent language = 1;    // its seed
};

inline constexpr Extent kCharacters = 27;  // a space, then a to z

/// A language: each domain has its own words, two to six letters long, and for each word a few that may follow it, of
/// which the r-th has a probability proportional to 1 / r. After a word the domain is drawn anew with the probability
/// `change`; then any of its words may follow. Words end with a space.
class Language {
 public:
  explicit Language(const LanguageOptions& options);

  /// Characters of a text that begins with a word of a domain drawn anew; 0 is the space.
  void write(Rng& rng, std::span<Index> out) const;
  /// -log2 of the probability of a text that begins like that: on average no predictor can be below it.
  double bits(std::span<const Index> text) const;

  const std::string& word(Extent domain, Extent number) const { return words_[at(domain, number)]; }

 private:
  class Filter;
  std::size_t at(Extent domain, Extent word) const { return static_cast<std::size_t>(domain * options_.words + word); }
  std::string draw_word(Rng& rng) const;
  Extent draw_successor(Rng& rng, std::size_t word) const;

  LanguageOptions options_;
  std::vector<std::string> words_;  // [domain, word]
  std::vector<Extent> successors_;  // [domain, word, successor], words of the same domain
  std::vector<double> shares_;      // [successor]
};

}  // namespace fovea::domains
