// The task `mqar`: multi-query associative recall, pairs of a key and a value, and later each key once more.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "tasks/recall/tokens.h"

namespace fovea {
namespace {

constexpr const char* kName = "mqar";

struct Size {
  Extent length = 0;
  Extent pairs = 0;
};

[[noreturn]] void reject_sizes(const std::string& text) {
  throw Error(kName,
              "sizes as in '64x4+512x64' were expected, length x pairs, joined by +; '" + text + "' came; write them so.");
}

std::vector<Size> sizes_of(const std::string& text) {
  std::vector<Size> sizes;
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto number = [&](char before) {
    Extent value = 0;
    if (before != 0 && (at == end || *at++ != before)) reject_sizes(text);
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc() || value < 1 || value > 1000000) reject_sizes(text);
    at = next;
    return value;
  };
  do {
    const Extent length = number(sizes.empty() ? '\0' : '+');
    sizes.push_back({length, number('x')});
  } while (at != end);
  return sizes;
}

/// The first `count` places of `items` become distinct random ones of them.
void draw_first(Rng& rng, std::vector<Index>& items, Extent count) {
  const auto all = static_cast<Extent>(items.size());
  for (Extent i = 0; i < count; ++i) {
    std::swap(items[i], items[rng.between(i, all - 1)]);
  }
}

class Mqar final : public Task {
 public:
  void fields(Options& options) override {
    options.add("sizes", sizes_, "length x pairs, several joined by +: drawn for each training batch; tests take the last");
    options.add("vocabulary", vocabulary_, "tokens V, keys below V / 2 and values from there, >= 4",
                {.low = 4, .high = 1e6});
    options.add("power", power_, "a of the power law of distances, > 0; 1: uniform", {.low = 1e-9, .high = 100});
    options.add("filler", filler_, "what fills the places without a key", {"zeros", "noise"});
    options.add("key_tokens", key_tokens_, "tokens of a key, >= 1", {.low = 1, .high = 1000});
    options.add("value_tokens", value_tokens_, "tokens of a value, >= 1", {.low = 1, .high = 1000});
  }

  void check() const override {
    for (const Size& size : sizes_of(sizes_)) {
      const std::string came = std::to_string(size.length) + "x" + std::to_string(size.pairs);
      const Extent needed = 2 * size.pairs * pair_tokens();
      if (size.length < needed || size.length % pair_tokens() != 0) {
        throw Error(kName, "a length with room for every key twice, >= " + std::to_string(needed) +
                               ", that is a multiple of " + std::to_string(pair_tokens()) + " was expected; sizes has " +
                               came + "; lengthen it.");
      }
      if (size.pairs < std::min(keys(), values())) continue;
      throw Error(kName, "fewer pairs than keys, " + std::to_string(keys()) + ", were expected; sizes has " + came +
                             "; raise vocabulary.");
    }
  }

  std::string stream() const override { return kName; }
  void fill(Rng& rng, Split split, Batch& batch) const override {
    const std::vector<Size> sizes = sizes_of(sizes_);
    const auto drawn = static_cast<std::size_t>(rng.below(static_cast<Extent>(sizes.size())));
    const Size size = split == Split::kTrain ? sizes[drawn] : sizes.back();
    const tokens::Labelled made(batch, size.length, size.pairs * value_tokens_);
    std::vector<Index> keys(static_cast<std::size_t>(this->keys()));
    std::vector<Index> values(static_cast<std::size_t>(this->values()));
    std::iota(keys.begin(), keys.end(), Index{1});
    std::iota(values.begin(), values.end(), static_cast<Index>(vocabulary_ / 2));
    for (Extent b = 0; b < batch.rows(); ++b) {
      tell_pairs(rng, size.pairs, keys, made.row(b), 0);
      tell_pairs(rng, size.pairs, values, made.row(b), key_tokens_);
      ask_keys(rng, size, made, b);
      add_filler(rng, made, b);
    }
  }

  Meanings meanings() const override { return tokens::meanings(); }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    Judgement judgement = tokens::judged(batch, outputs, kName);
    const std::string slice = "N=" + std::to_string(batch.at("tokens").shape()[1]) +
                              ",K=" + std::to_string(batch.at("targets").shape()[1] / value_tokens_);
    judgement.slices.assign(static_cast<std::size_t>(batch.rows()), slice);
    return judgement;
  }

  double chance() const override { return 1 / static_cast<double>(values()); }
  std::string text(const Batch& batch, Extent row) const override { return tokens::text(batch, row); }

  std::string item_format() const override {
    const std::string join = key_tokens_ > 1 || value_tokens_ > 1 ? ", tokens joined by commas," : "";
    return "pairs KEY:VALUE" + join + " and after '?' the keys that are asked for, separated by spaces; keys are in [1, " +
           std::to_string(keys()) + "], values in [" + std::to_string(vocabulary_ / 2) + ", " +
           std::to_string(vocabulary_ - 1) + "]";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) { read(line, batch); });
  }

  std::string answer(const Batch& /*batch*/, const Outputs& outputs, Extent row) const override {
    return tokens::answer(outputs, row);
  }

 private:
  Extent keys() const { return vocabulary_ / 2 - 1; }
  Extent values() const { return vocabulary_ - vocabulary_ / 2; }
  Extent pair_tokens() const { return key_tokens_ + value_tokens_; }

  /// Writes the keys (begin = 0) or the values of all pairs at the front. Single tokens are distinct; of several tokens the
  /// first ones are.
  void tell_pairs(Rng& rng, Extent pairs, std::vector<Index>& words, Index* row, Extent begin) const {
    draw_first(rng, words, pairs);
    const Extent count = begin == 0 ? key_tokens_ : value_tokens_;
    for (Extent i = 0; i < pairs; ++i) {
      Index* to = row + i * pair_tokens() + begin;
      to[0] = words[i];
      for (Extent j = 1; j < count; ++j) to[j] = words[rng.below(static_cast<Extent>(words.size()))];
    }
  }

  /// Puts every key once more into a slot after the pairs. Slots are drawn one after the other without replacement, slot g
  /// with a probability in proportion to (g + 1)^(a - 1): the order of exponential waiting times of these rates.
  void ask_keys(Rng& rng, const Size& size, const tokens::Labelled& made, Extent b) const {
    const Extent slots = size.length / pair_tokens() - size.pairs;
    std::vector<std::pair<double, Extent>> arrivals;
    for (Extent g = 0; g < slots; ++g) {
      arrivals.emplace_back(-std::log(rng.uniform()) * std::pow(static_cast<double>(g + 1), 1 - power_), g);
    }
    std::partial_sort(arrivals.begin(), arrivals.begin() + size.pairs, arrivals.end());
    for (Extent i = 0; i < size.pairs; ++i) {
      ask_key(i, {i, size.pairs + arrivals[i].second}, made, b);
    }
  }

  /// The pair whose key is asked for, and the slot in which; both count from the front of a row.
  struct Asked {
    Extent pair;
    Extent slot;
  };

  void ask_key(Extent question, const Asked& asked, const tokens::Labelled& made, Extent b) const {
    const Index* pair = made.row(b) + asked.pair * pair_tokens();
    const Extent slot = asked.slot * pair_tokens();
    // The last token of a value is asked for, but not read again.
    std::copy_n(pair, pair_tokens() - 1, made.row(b) + slot);
    for (Extent j = 0; j < value_tokens_; ++j) {
      made.ask(b, question * value_tokens_ + j, slot + key_tokens_ - 1 + j, pair[key_tokens_ + j]);
    }
  }

  void add_filler(Rng& rng, const tokens::Labelled& made, Extent b) const {
    if (filler_ == "zeros") return;
    for (Extent t = 0; t < made.length(); ++t) {
      if (made.row(b)[t] == 0) made.row(b)[t] = static_cast<Index>(rng.below(vocabulary_));
    }
  }

  /// Tokens of a key or a value that a user has written, such as "4" or "4,5".
  std::vector<Index> part_of(const data::Field& field, const std::string& what, Extent low, Extent high) const {
    const Extent count = what == "a key" ? key_tokens_ : value_tokens_;
    std::vector<Index> part;
    for (const data::Field& token : data::fields_of(field.text, ',')) {
      part.push_back(
          static_cast<Index>(data::whole_of({token.text, field.begin + token.begin}, "a token of " + what, low, high)));
    }
    if (static_cast<Extent>(part.size()) == count) return part;
    throw data::LineError(field.begin, what + " of " + std::to_string(count) + " tokens, joined by commas, was expected; " +
                                           data::came(field.text) + " came; correct it.");
  }
  std::vector<Index> key_in(const data::Field& field) const { return part_of(field, "a key", 1, keys()); }

  /// Keys and values that a user has told, and which pairs are asked for.
  struct Written {
    std::vector<std::vector<Index>> keys;
    std::vector<std::vector<Index>> values;
    std::vector<Extent> asked;
  };

  Written written(std::string_view line) const {
    Written all;
    const std::size_t mark = std::min(line.find('?'), line.size());
    for (const data::Field& pair : data::words_of(line.substr(0, mark))) {
      const std::size_t colon = std::min(pair.text.find(':'), pair.text.size());
      all.keys.push_back(key_in({pair.text.substr(0, colon), pair.begin}));
      const std::size_t begin = std::min(colon + 1, pair.text.size());
      const data::Field value{pair.text.substr(begin), pair.begin + begin};
      all.values.push_back(part_of(value, "a value", vocabulary_ / 2, vocabulary_ - 1));
      if (std::find(all.keys.begin(), all.keys.end() - 1, all.keys.back()) == all.keys.end() - 1) continue;
      throw data::LineError(
          pair.begin, "keys that differ were expected; " + data::came(pair.text) + " has one that came before; remove it.");
    }
    for (const data::Field& word : data::words_of(line, std::min(mark + 1, line.size()))) {
      const auto found = std::find(all.keys.begin(), all.keys.end(), key_in(word));
      if (found == all.keys.end()) {
        throw data::LineError(
            word.begin, "a key of one of the pairs was expected; " + data::came(word.text) + " came; ask for another one.");
      }
      all.asked.push_back(found - all.keys.begin());
    }
    if (!all.asked.empty()) return all;
    throw data::LineError(line.size(),
                          "'?' and at least one key were expected after the pairs; the line ends; ask for one.");
  }

  /// Keys are asked for in the first slots after the pairs. A sequence is as long as those of the test, or longer where it
  /// has more pairs and questions.
  void read(std::string_view line, Batch& batch) const {
    const Written all = written(line);
    const auto pairs = static_cast<Extent>(all.keys.size());
    const auto questions = static_cast<Extent>(all.asked.size());
    const Extent length = std::max(sizes_of(sizes_).back().length, (pairs + questions) * pair_tokens());
    const tokens::Labelled made(batch, length, questions * value_tokens_);
    for (Extent i = 0; i < pairs; ++i) {
      Index* pair = made.row(0) + i * pair_tokens();
      std::copy(all.keys[i].begin(), all.keys[i].end(), pair);
      std::copy(all.values[i].begin(), all.values[i].end(), pair + key_tokens_);
    }
    for (Extent i = 0; i < questions; ++i) ask_key(i, {all.asked[i], pairs + i}, made, 0);
    Rng rng({.stream = stream_of("mqar/written")});
    add_filler(rng, made, 0);
  }

  std::string sizes_ = "64x4";
  Extent vocabulary_ = 8192;
  double power_ = 0.01;
  std::string filler_ = "zeros";
  Extent key_tokens_ = 1;
  Extent value_tokens_ = 1;
};

FOVEA_TASK("mqar", Mqar, R"doc(
Multi-query associative recall: pairs of a key and a value are shown, and later each key once more: which was its value?

Example   sizes=16x2, vocabulary=12: tokens 2 8 4 7 0 0 4 0 0 0 2 0 0 0 0 0 -> at place 6 token 7, at place 10 token 8.
          With key_tokens=2 and value_tokens=2: 2 3 8 9 ... 2 3 8 0 ... -> at the second token of the key 8, after it 9.
Inputs    tokens Index [B, T], keys of 1 .. V/2 - 1, values of V/2 .. V - 1; places Index [B, Q], where a token is asked for;
          targets Index [B, Q], which; Q = pairs x value_tokens. T and the number of pairs are drawn from `sizes` for each
          training batch; validation and test take the last of them.
          The first 2 K tokens are key, value, key, value, ..., all distinct. The rest has (T - 2 K) / 2 slots of two places;
          slots g are drawn without replacement with a probability in proportion to a (g + 1)^(a - 1), and the i-th key is
          at place 2 K + 2 g of the i-th slot. All other places are 0 (zeros) or uniform tokens (noise), which may be keys.
          Several tokens: slots are as wide as a pair; the first tokens of keys are distinct, the others are not.
Outputs   "answers" Index [B, Q].
Metrics   accuracy, the share of right tokens; exact, the share of sequences without a wrong one. Slices by length
          and pairs. Chance: 1 / (V / 2).
Splits    independent streams of random numbers.
Errors    a length without room for all keys twice; as many pairs as there are keys.
Source    Arora et al. 2023, arXiv:2312.04927, section 3 and appendix: vocabulary 8192, a = 0.01, (length, pairs) from (64, 4)
          to (1024, 256).
)doc");

}  // namespace
}  // namespace fovea
