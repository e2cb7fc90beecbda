#include "tasks/algorithmic/bits.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <numbers>
#include <sstream>

namespace fovea::bits {
namespace {

constexpr Extent kMostShown = 100;  // steps of an item

char sign_of(Real value) { return value == 0 ? '.' : value == 1 ? '#' : value > 0 ? '+' : '-'; }

std::string channel_text(const Tensor& tensor, const Tensor* mask, Extent row, Extent channel) {
  const Extent steps = tensor.shape()[1];
  const Extent width = tensor.shape()[2];
  std::string text;
  for (Extent t = 0; t < std::min(steps, kMostShown); ++t) {
    const bool is_shown = mask == nullptr || mask->index()[row * steps + t] != 0;
    text += is_shown ? sign_of(tensor.real()[(row * steps + t) * width + channel]) : ' ';
  }
  return text + (steps > kMostShown ? " ..." : "");
}

/// Numbers that are not bits, each once where it is alone in its channel.
std::string numbers_text(const Tensor& tensor, Extent row, Extent channel) {
  const Extent steps = tensor.shape()[1];
  const Extent width = tensor.shape()[2];
  std::ostringstream text;
  for (Extent t = 0; t < std::min(steps, kMostShown); ++t) {
    const Real value = tensor.real()[(row * steps + t) * width + channel];
    if (value != 0 && value != 1) text << ' ' << std::setprecision(2) << value;
  }
  return text.str();
}

std::string tensor_text(const std::string& name, const Tensor& tensor, const Tensor* mask, Extent row) {
  std::ostringstream text;
  for (Extent channel = 0; channel < tensor.shape()[2]; ++channel) {
    text << std::left << std::setw(7) << (channel == 0 ? name : "") << std::right << std::setw(2) << channel << " |"
         << channel_text(tensor, mask, row, channel) << '|' << numbers_text(tensor, row, channel) << '\n';
  }
  return text.str();
}

// -log2 of the probability that sigmoid(score) gives to a bit: log2(1 + exp(-s)) for a 1, with s negated for a 0
double cost_in_bits(double score, bool bit) {
  const double s = bit ? -score : score;
  return (std::max(s, 0.0) + std::log1p(std::exp(-std::abs(s)))) * std::numbers::log2e;
}

}  // namespace

void Sizes::fields(Options& options, const std::string& name, const std::string& what) {
  const Bounds bounds{.low = 0, .high = 1e5};
  options.add("min_" + name, low, "fewest " + what + " in training, >= 1", {.low = 1, .high = 1e5});
  options.add("max_" + name, high, "most " + what + " in training, >= min_" + name, {.low = 1, .high = 1e5});
  options.add("test_" + name, test, what + " in the test split, >= 0; 0: as in training", bounds);
}

void Sizes::add_curriculum(Options& options) {
  options.add("curriculum", curriculum, "how sizes are drawn in training; mixed: small ones more often",
              {"uniform", "mixed"});
}

void Sizes::check(const std::string& task) const {
  if (low <= high) return;
  throw Error(task, "a range of sizes begins below its end; " + std::to_string(low) + " to " + std::to_string(high) +
                        " came; lower the minimum or raise the maximum.");
}

Extent Sizes::drawn(Rng& rng, Split split) const {
  if (split == Split::kTest && test > 0) return test;
  const bool is_mixed = split == Split::kTrain && curriculum == "mixed";
  return rng.between(low, is_mixed ? rng.between(low, high) : high);
}

Sequences::Sequences(Batch& batch, Extent steps, Extent inputs, Extent outputs)
    : input(batch.make("input", {Shape{batch.rows(), steps, inputs}, Kind::kReal})),
      target(batch.make("target", {Shape{batch.rows(), steps, outputs}, Kind::kReal})),
      mask(batch.make("mask", {Shape{batch.rows(), steps}, Kind::kIndex})) {
  std::fill_n(input.real(), input.size(), Real(0));
  std::fill_n(target.real(), target.size(), Real(0));
  std::fill_n(mask.index(), mask.size(), Index(0));
}

Real* Sequences::target_at(Extent row, Extent step) const {
  mask.index()[row * steps() + step] = 1;
  return target.real() + (row * steps() + step) * target.shape().last();
}

Vector drawn(Rng& rng, Extent count) {
  Vector bits(static_cast<std::size_t>(count));
  for (Real& bit : bits) bit = static_cast<Real>(rng.below(2));
  return bits;
}

Vector vector_of(const data::Field& word, Extent bits) {
  Vector vector;
  for (const char bit : word.text) {
    if (bit == '0' || bit == '1') vector.push_back(bit == '1' ? Real(1) : Real(0));
  }
  if (static_cast<Extent>(word.text.size()) == bits && vector.size() == word.text.size()) return vector;
  throw data::LineError(word.begin, "a vector of " + std::to_string(bits) + " bits, each 0 or 1, was expected; " +
                                        data::came(word.text) + " came; correct it.");
}

std::vector<Vector> vectors_in(const data::Field& line, Extent bits) {
  std::vector<Vector> vectors;
  for (const data::Field& word : data::words_of(line.text)) {
    vectors.push_back(vector_of({word.text, line.begin + word.begin}, bits));
  }
  if (vectors.empty()) {
    throw data::LineError(line.begin, "vectors of " + std::to_string(bits) + " bits were expected; nothing came; add one.");
  }
  return vectors;
}

std::string format(Extent bits) {
  constexpr Extent kMostBits = 16;
  std::string example;
  for (Extent bit = 0; bit < 2 * std::min(bits, kMostBits); ++bit) {
    example += (bit == bits ? " " : "") + std::to_string(bit / 2 % 2);
  }
  return "vectors of " + std::to_string(bits) + " bits, separated by spaces" +
         (bits <= kMostBits ? ", such as '" + example + "'" : "");
}

std::string answer(const Batch& batch, const Outputs& outputs, Extent row, Extent bits, const std::string& task) {
  const Output scores = outputs.at("scores");
  const Extent steps = batch.at("input").shape()[1];
  const Extent width = scores.shape().last();
  if (scores.shape() != Shape{batch.rows(), steps, width} || width < bits) {
    throw Error(task, "an output 'scores' for each step and bit, " + Shape{batch.rows(), steps, bits}.text() +
                          ", was expected; " + scores.shape().text() + " came; give the scores of the bits.");
  }
  const Index* is_judged = batch.has("mask") ? batch.at("mask").index() : nullptr;
  std::string text;
  for (Extent step = row * steps; step < (row + 1) * steps; ++step) {
    if (is_judged != nullptr && is_judged[step] == 0) continue;
    const Real* score = scores.real() + step * width;
    const bool is_end = width > bits && score[bits] > 0;
    const bool is_blank = std::none_of(score, score + bits, [](Real one) { return one > 0; });
    if (!is_end || !is_blank) {
      if (!text.empty()) text += ' ';
      std::for_each(score, score + bits, [&](Real one) { text += one > 0 ? '1' : '0'; });
    }
    if (is_end) text += text.empty() ? "end" : " end";
  }
  return text + "\n";
}

Judgement judged(const Batch& batch, const Outputs& outputs, const std::string& task) {
  const Tensor target = batch.at("target");
  const Tensor scores = require_output(outputs, "scores", target.type, task);
  const Tensor mask = batch.at("mask");
  const Extent width = target.shape().last();
  const Extent steps = mask.shape()[1];
  Judgement judgement{{{"exact", {}}, {"wrong_bits", {}}, {"cost_bits", {}}}, {}};
  for (Extent row = 0; row < batch.rows(); ++row) {
    double wrong = 0;
    double cost = 0;
    for (Extent i = row * steps * width; i < (row + 1) * steps * width; ++i) {
      if (mask.index()[i / width] == 0) continue;
      const bool bit = target.real()[i] != 0;
      const auto score = static_cast<double>(scores.real()[i]);
      wrong += (score > 0) == bit && score != 0 ? 0 : 1;
      cost += cost_in_bits(score, bit);
    }
    judgement.metrics[0].rows.push_back(wrong == 0 ? 1 : 0);
    judgement.metrics[1].rows.push_back(wrong);
    judgement.metrics[2].rows.push_back(cost);
  }
  return judgement;
}

Meanings meanings() {
  using enum TensorMeaning::What;
  return {{{"input", kNumber, {"step", "channel"}},
           {"target", kNumber, {"step", "bit"}},
           {"mask", kMask, {"step"}},
           {"scores", kNumber, {"step", "bit"}}},
          {}};
}

std::string text(const Batch& batch, Extent row) {
  const Tensor mask = batch.at("mask");
  return tensor_text("input", batch.at("input"), nullptr, row) + tensor_text("target", batch.at("target"), &mask, row);
}

}  // namespace fovea::bits
