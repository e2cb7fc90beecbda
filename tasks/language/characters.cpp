#include "tasks/language/characters.h"

#include <algorithm>
#include <cmath>

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

Meanings meanings(const std::vector<std::string>& texts) {
  using enum TensorMeaning::What;
  return {{{"text", kToken, {"place"}, "character"},
           {"target", kToken, {"place"}, "character"},
           {"scores", kScores, {"place", "class"}, "character"}},
          {{"character", texts}}};
}

}  // namespace fovea::characters
