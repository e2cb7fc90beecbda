#include "framework/attention/scorer.h"

#include <cmath>

#include "framework/core/error.h"
#include "framework/graph/functions.h"

namespace fovea {
namespace {

/// A scorer whose scores are divided by a temperature: fixed, or exp of a parameter that starts there.
class TemperedScorer final : public Scorer {
 public:
  TemperedScorer(std::unique_ptr<Scorer> scorer, std::string name) : scorer_(std::move(scorer)), name_(std::move(name)) {}

  void fields(Options& options) override {
    scorer_->fields(options);
    for (const char* own : {"temperature", "learn_temperature"}) {
      if (!options.knows(own)) continue;
      throw Error("scorer " + name_,
                  "the option '" + std::string(own) + "' is one that every scorer has; it came again; rename it.");
    }
    options.add("temperature", temperature_, "scores are divided by it, > 0; small is sharp", {.low = 1e-6});
    options.add("learn_temperature", learns_, "true: the temperature is where a parameter starts");
  }
  void declare(Builder& builder, Extent query_width, Extent key_width) override {
    guarded("declare", [&] { scorer_->declare(builder, query_width, key_width); });
    if (!learns_) return;
    const Value log_temperature = builder.parameter("log_temperature", {1}, Init::constant(std::log(temperature_)));
    factor_ = exp(negate(log_temperature));  // here, outside of any loop that scores
  }
  Value prepare_keys(Builder& builder, Value keys) override {
    Value prepared;
    guarded("prepare_keys", [&] { prepared = scorer_->prepare_keys(builder, keys); });
    if (prepared.is_empty()) throw Error(place("prepare_keys"), "a value was expected; an empty one came; return the keys.");
    return prepared;
  }
  Value score(Builder& builder, Value queries, Value prepared) override {
    Value scores;
    guarded("score", [&] { scores = scorer_->score(builder, queries, prepared); });
    expect_scores(scores, queries);
    if (learns_) return multiply(scores, factor_);
    return temperature_ == 1 ? scores : scale(scores, 1 / temperature_);
  }
  double dot_factor(Extent width) const override { return learns_ ? 0 : scorer_->dot_factor(width) / temperature_; }

 private:
  std::string place(const std::string& function) const { return "scorer '" + name_ + "', " + function; }

  /// Calls a function of the scorer; what is no Error of the library gets its name.
  template <class Function>
  void guarded(const char* name, const Function& function) const {
    try {
      function();
    } catch (...) {
      throw caught_error(place(name));
    }
  }

  void expect_scores(Value scores, Value queries) const {
    const std::string expected = "scores [B, M, N] of queries " + queries.shape().text() + " were expected; ";
    if (scores.is_empty()) throw Error(place("score"), expected + "an empty value came; return the scores.");
    const Shape& shape = scores.shape();
    const Shape& asked = queries.shape();
    const bool fits = shape.rank() == 3 && asked.rank() == 3 && shape[0] == asked[0] && shape[1] == asked[1];
    if (fits && scores.type().kind == Kind::kReal) return;
    throw Error(place("score"), expected + (scores.type().kind == Kind::kIndex ? "Index " : "Real ") + shape.text() +
                                    " came; give a number for each query and key.");
  }

  std::unique_ptr<Scorer> scorer_;
  std::string name_;
  double temperature_ = 1;
  bool learns_ = false;
  Value factor_;  // [1]
};

}  // namespace

template <>
Registry<Scorer>& Registry<Scorer>::instance() {
  static Registry<Scorer> registry;
  return registry;
}

std::unique_ptr<Scorer> with_temperature(std::unique_ptr<Scorer> scorer, std::string name) {
  return std::make_unique<TemperedScorer>(std::move(scorer), std::move(name));
}

void Scorer::fields(Options& /*options*/) {}

void Scorer::declare(Builder& /*builder*/, Extent /*query_width*/, Extent /*key_width*/) {}

Value Scorer::prepare_keys(Builder& /*builder*/, Value keys) { return keys; }

void expect_equal_widths(std::string_view scorer, Extent query_width, Extent key_width) {
  if (query_width == key_width) return;
  throw Error("scorer " + std::string(scorer), "queries and keys of equal widths were expected; queries have " +
                                                   std::to_string(query_width) + " and keys " + std::to_string(key_width) +
                                                   "; project one of them or use bilinear.");
}

}  // namespace fovea
