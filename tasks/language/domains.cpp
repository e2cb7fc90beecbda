#include "tasks/language/domains.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace fovea::domains {

Language::Language(const LanguageOptions& options) : options_(options) {
  Rng rng({static_cast<std::uint64_t>(options.language), stream_of("domains/language")});
  std::vector<Extent> order(static_cast<std::size_t>(options.words));
  std::iota(order.begin(), order.end(), Extent{0});
  for (Extent domain = 0; domain < options.domains; ++domain) {
    const auto first = static_cast<std::ptrdiff_t>(words_.size());
    for (Extent i = 0; i < options.words; ++i) {
      std::string word = draw_word(rng);
      while (std::find(words_.begin() + first, words_.end(), word) != words_.end()) word = draw_word(rng);
      words_.push_back(std::move(word));
    }
    for (Extent i = 0; i < options.words; ++i) {
      rng.shuffle(std::span<Extent>(order));
      successors_.insert(successors_.end(), order.begin(), order.begin() + options.successors);
    }
  }
  double total = 0;
  for (Extent r = 1; r <= options.successors; ++r) total += 1 / static_cast<double>(r);
  for (Extent r = 1; r <= options.successors; ++r) shares_.push_back(1 / (static_cast<double>(r) * total));
}

/// Consonants and vowels in turn.
std::string Language::draw_word(Rng& rng) const {
  static constexpr std::string_view kVowels = "aeiou";
  static constexpr std::string_view kConsonants = "bcdfghjklmnpqrstvwxyz";
  std::string word;
  const Extent length = rng.between(2, 6);
  bool is_vowel = rng.below(3) == 0;
  for (Extent i = 0; i < length; ++i, is_vowel = !is_vowel) {
    const std::string_view letters = is_vowel ? kVowels : kConsonants;
    word += letters[rng.below(static_cast<Extent>(letters.size()))];
  }
  return word;
}

Extent Language::draw_successor(Rng& rng, std::size_t word) const {
  double left = rng.uniform();
  std::size_t rank = 0;
  while (rank + 1 < shares_.size() && left >= shares_[rank]) left -= shares_[rank++];
  return successors_[word * shares_.size() + rank];
}

void Language::write(Rng& rng, std::span<Index> out) const {
  Extent domain = rng.below(options_.domains);
  Extent word = rng.below(options_.words);
  for (std::size_t i = 0; i < out.size();) {
    for (const char letter : words_[at(domain, word)]) {
      if (i < out.size()) out[i++] = static_cast<Index>(letter - 'a' + 1);
    }
    if (i < out.size()) out[i++] = 0;
    if (rng.uniform() < options_.change) {
      domain = rng.below(options_.domains);
      word = rng.below(options_.words);
    } else {
      word = draw_successor(rng, at(domain, word));
    }
  }
}

/// The probabilities of all words that the text may be in, given what came before: the forward algorithm.
class Language::Filter {
 public:
  explicit Filter(const Language& language)
      : language_(language), mass_(language.words_.size(), 1 / static_cast<double>(language.words_.size())) {}

  /// The probability of the next character; then it becomes the last one seen.
  double meet(Index character) {
    double kept = 0;
    double total = 0;
    for (std::size_t w = 0; w < mass_.size(); ++w) {
      total += mass_[w];
      if (letter_at(w) != character) mass_[w] = 0;
      kept += mass_[w];
    }
    const double probability = kept / total;
    for (double& mass : mass_) mass /= kept;
    ++place_;
    if (character == 0) begin_word();
    return probability;
  }

 private:
  Index letter_at(std::size_t w) const {
    const std::string& word = language_.words_[w];
    if (place_ < word.size()) return static_cast<Index>(word[place_] - 'a' + 1);
    return place_ == word.size() ? Index{0} : Index{-1};
  }

  void begin_word() {
    const double change = language_.options_.change;
    const std::size_t successors = language_.shares_.size();
    const auto words = static_cast<std::size_t>(language_.options_.words);
    std::vector<double> next(mass_.size(), change / static_cast<double>(mass_.size()));
    for (std::size_t w = 0; w < mass_.size(); ++w) {
      if (mass_[w] == 0) continue;
      for (std::size_t r = 0; r < successors; ++r) {
        const auto follower = static_cast<std::size_t>(language_.successors_[w * successors + r]);
        next[w / words * words + follower] += (1 - change) * mass_[w] * language_.shares_[r];
      }
    }
    mass_ = std::move(next);
    place_ = 0;
  }

  const Language& language_;
  std::vector<double> mass_;  // [domain, word]
  std::size_t place_ = 0;     // within the word
};

double Language::bits(std::span<const Index> text) const {
  Filter filter(*this);
  double bits = 0;
  for (const Index character : text) bits -= std::log2(filter.meet(character));
  return bits;
}

}  // namespace fovea::domains
