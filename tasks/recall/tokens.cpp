#include "tasks/recall/tokens.h"

#include <algorithm>

namespace fovea::tokens {
namespace {

constexpr Extent kMostShown = 200;  // tokens of an item
constexpr Extent kMostAsked = 24;

std::string word(const std::vector<std::string>& words, Index token) {
  const auto place = static_cast<std::size_t>(token);
  return token >= 0 && place < words.size() ? words[place] : std::to_string(token);
}

}  // namespace

Labelled::Labelled(Batch& batch, Extent length, Extent questions)
    : tokens(batch.make("tokens", {Shape{batch.rows(), length}, Kind::kIndex})),
      places(batch.make("places", {Shape{batch.rows(), questions}, Kind::kIndex})),
      targets(batch.make("targets", {Shape{batch.rows(), questions}, Kind::kIndex})) {
  std::fill_n(tokens.index(), tokens.size(), Index{0});
  std::fill_n(places.index(), places.size(), Index{-1});
  std::fill_n(targets.index(), targets.size(), Index{-1});
}

void Labelled::ask(Extent b, Extent question, Extent place, Index target) const {
  places.index()[b * questions() + question] = static_cast<Index>(place);
  targets.index()[b * questions() + question] = target;
}

Judgement judged(const Batch& batch, const Outputs& outputs, const std::string& task) {
  const Tensor targets = batch.at("targets");
  const EqualRows right = equal_rows(require_output(outputs, "answers", targets.type, task), targets);
  return {{{"accuracy", right.share}, {"exact", right.whole}}, {}};
}

std::vector<Index> tokens_in(const data::Field& line, const std::string& what, Extent low, Extent high) {
  std::vector<Index> tokens;
  for (const data::Field& word : data::words_of(line.text)) {
    tokens.push_back(static_cast<Index>(data::whole_of({word.text, line.begin + word.begin}, what, low, high)));
  }
  if (tokens.empty()) throw data::LineError(line.begin, what + " was expected; nothing came; add it.");
  return tokens;
}

std::string answer(const Outputs& outputs, Extent row, const std::vector<std::string>& words) {
  const Output answers = outputs.at("answers");
  const Extent count = answers.shape().without(0).size();
  std::string text;
  for (Extent q = row * count; q < (row + 1) * count; ++q) {
    text += (text.empty() ? "" : " ") + word(words, answers.index()[q]);
  }
  return text + "\n";
}

Meanings meanings(const std::vector<std::string>& words) {
  using enum TensorMeaning::What;
  Meanings meanings{{{"tokens", kToken, {"place"}, "token"},
                     {"places", kItem, {"question"}, "", -1, "tokens:1"},
                     {"targets", kToken, {"question"}, "token", -1},
                     {"answers", kToken, {"question"}, "token"}},
                    {}};
  if (!words.empty()) meanings.labels["token"] = words;
  return meanings;
}

std::string text(const Batch& batch, Extent row, const std::vector<std::string>& words) {
  const Tensor tokens = batch.at("tokens");
  const Extent length = tokens.shape()[1];
  std::string text = "tokens ";
  for (Extent t = 0; t < std::min(length, kMostShown); ++t) text += " " + word(words, tokens.index()[row * length + t]);
  text += length > kMostShown ? " ...\ntargets" : "\ntargets";
  const Tensor places = batch.at("places");
  const Extent questions = places.shape()[1];
  for (Extent q = row * questions; q < row * questions + std::min(questions, kMostAsked); ++q) {
    text += " " + std::to_string(places.index()[q]) + ":" + word(words, batch.at("targets").index()[q]);
  }
  return text + (questions > kMostAsked ? " ...\n" : "\n");
}

}  // namespace fovea::tokens
