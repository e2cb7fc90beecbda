#include "tasks/language/characters.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "framework/core/span.h"
#include "framework/core/whole.h"

namespace fovea::characters {

std::vector<double> bits(const Batch& batch, const Outputs& outputs, Extent vocabulary, const std::string& task) {
  const Tensor target = batch.at("target");
  const Type type{target.shape().inserted(2, vocabulary), Kind::kReal};
  const Tensor given = require_output(outputs, "scores", type, task);
  const Extent length = target.shape()[1];
  std::vector<double> rows;
  for (Extent row = 0; row < batch.rows(); ++row) {
    double sum = 0;
    for (Extent t = row * length; t < (row + 1) * length; ++t) {
      const Real* scores = given.real() + t * vocabulary;
      const auto most = static_cast<double>(*std::max_element(scores, scores + vocabulary));
      double total = 0;
      for (Extent v = 0; v < vocabulary; ++v) total += std::exp(static_cast<double>(scores[v]) - most);
      sum += std::log2(total) - (static_cast<double>(scores[target.index()[t]]) - most) / std::log(2.0);
    }
    rows.push_back(sum / static_cast<double>(length));
  }
  return rows;
}

std::vector<double> accuracy(const Batch& batch, const Outputs& outputs) {
  const Tensor target = batch.at("target");
  const Tensor scores = outputs.at("scores");
  const Extent length = target.shape()[1];
  const Extent vocabulary = scores.shape().last();
  std::vector<double> rows;
  for (Extent row = 0; row < batch.rows(); ++row) {
    Extent right = 0;
    for (Extent t = row * length; t < (row + 1) * length; ++t) {
      const Real* first = scores.real() + t * vocabulary;
      right += std::max_element(first, first + vocabulary) - first == target.index()[t] ? 1 : 0;
    }
    rows.push_back(static_cast<double>(right) / static_cast<double>(length));
  }
  return rows;
}

Texts::Texts(Batch& batch, Extent length)
    : text(batch.make("text", {Shape{batch.rows(), length}, Kind::kIndex})),
      target(batch.make("target", {Shape{batch.rows(), length}, Kind::kIndex})) {}

void write(const std::vector<Index>& characters, Batch& batch) {
  const Texts made(batch, static_cast<Extent>(characters.size()));
  std::copy(characters.begin(), characters.end(), made.text.index());
  *std::copy(characters.begin() + 1, characters.end(), made.target.index()) = 0;
}

std::string answer(const Batch& batch, const Outputs& outputs, Extent row, const std::vector<std::string>& texts,
                   const std::string& task) {
  constexpr std::size_t kShown = 3;
  const Type type{batch.at("text").shape().inserted(2, static_cast<Extent>(texts.size())), Kind::kReal};
  const Tensor given = require_output(outputs, "scores", type, task);
  const auto vocabulary = static_cast<Extent>(texts.size());
  const std::span<const Real> scores = span_of(given.real() + ((row + 1) * type.shape[1] - 1) * vocabulary, vocabulary);
  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  const auto share = [&](std::size_t character) {
    return std::exp(static_cast<double>(scores[character]) - static_cast<double>(scores[order[0]]));
  };
  double total = 0;
  for (std::size_t character = 0; character < texts.size(); ++character) total += share(character);
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, texts.size()); ++i) {
    const std::string& character = texts[order[i]];
    const std::string percent = std::to_string(nearest_whole(100 * share(order[i]) / total));
    text += (i == 0 ? "" : ", ") + (character == " " ? "' '" : character) + " " + percent + " %";
  }
  return text + "\n";
}

Meanings meanings(const std::vector<std::string>& texts) {
  using enum TensorMeaning::What;
  return {{{"text", kToken, {"place"}, "character"},
           {"target", kToken, {"place"}, "character"},
           {"scores", kScores, {"place", "class"}, "character"}},
          {{"character", texts}}};
}

}  // namespace fovea::characters
