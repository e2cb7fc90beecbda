#include <doctest/doctest.h>

#include "framework/core/error.h"
#include "tests/conformance/site_run.h"

// Every scorer | pattern | selector | estimator, as a part of a model.
namespace fovea::conformance {
namespace {

std::string with_fitting_estimator(const std::string& selector) {
  for (const std::string& estimator : texts_of<Estimator>()) {
    const auto made = Registry<Estimator>::instance().parse(estimator);
    if (misfit(*selector_of(selector), selector, *made, estimator).empty()) return selector + " | " + estimator;
  }
  return selector;
}

std::vector<Index> pattern_mask(const std::string& text, const SiteCase& site) {
  std::vector<Index> mask(static_cast<std::size_t>(site.batch * site.queries * site.items));
  std::vector<Index> candidates;
  for (Extent row = 0; row < site.batch * site.queries; ++row) {
    candidates.clear();
    parse_pattern(text).pattern->candidates(row % site.queries, site.queries, site.items, candidates);
    for (const Index item : candidates) mask[static_cast<std::size_t>(row * site.items + item)] = 1;
  }
  return mask;
}

std::map<std::string, std::vector<Real>> cotangents_of(const SiteRun& run) {
  std::map<std::string, std::vector<Real>> cotangents;
  for (const char* name : {"weights", "log_prob", "read"}) {
    cotangents[name] = normals(static_cast<std::size_t>(run.shape(name).size()), rng_of(stream_of(name)));
  }
  return cotangents;
}

/// A model of one site behind a projection, its cost and two steps of gradient descent.
class Training {
 public:
  explicit Training(const std::string& text) {
    Builder builder;
    const Value x = builder.input("x", {{4, 5, 3}, Kind::kReal});
    const Value target = builder.input("target", {{4, 5, 3}, Kind::kReal});
    const Value queries = linear(x, builder.parameter("projection", {3, 3}));
    const auto scope = builder.scope("site");
    Site site(builder, text, 3, 3);
    const Attended out = site.attend({queries, site.prepare_keys(x), x, {}});
    builder.output("cost", sum_all_but_first(square(subtract(out.read, target))));
    graph_ = builder.freeze();
    for (const int id : graph_->parameters()) {
      const auto size = static_cast<std::size_t>(graph_->node(id).outputs[0].shape.size());
      parameters_[graph_->node(id).path] = normals(size, rng_of(static_cast<std::uint32_t>(id), 70));
      gradients_[graph_->node(id).path].resize(size);
    }
    execution_ =
        std::make_unique<Execution>(Plan::compile(graph_, {}, Plan::Passes::kBackward), [this](const std::string& path) {
          return ParameterMemory{parameters_.at(path).data(), gradients_.at(path).data()};
        });
    execution_->bind("x", x_.data());
    execution_->bind("target", target_.data());
  }

  /// One step; the largest gradient of the projection.
  double step(std::uint32_t number) {
    for (auto& [path, gradient] : gradients_) std::fill(gradient.begin(), gradient.end(), Real{0});
    execution_->forward({.seed = 1, .step = number});
    const Tensor costs = execution_->output("cost");
    std::vector<Real> advantages(4);
    if (!graph_->estimators().empty()) graph_->estimators()[0].estimator->advantages({costs.real(), 4}, advantages);
    const std::span<const Real> slots[] = {advantages};
    execution_->clear_output_gradients();
    std::fill_n(execution_->output_gradient("cost").real(), 4, Real(1));
    execution_->backward({.seed = 1, .step = number, .advantages = slots});
    for (auto& [path, values] : parameters_) {
      for (std::size_t i = 0; i < values.size(); ++i) values[i] -= Real(0.001) * gradients_[path][i];
    }
    double largest = 0;
    for (const Real slope : gradients_.at("projection")) largest = std::max(largest, std::abs(static_cast<double>(slope)));
    return largest;
  }

 private:
  std::vector<Real> x_ = normals(60, rng_of(71));
  std::vector<Real> target_ = normals(60, rng_of(72));
  std::map<std::string, std::vector<Real>> parameters_;
  std::map<std::string, std::vector<Real>> gradients_;
  std::shared_ptr<const Graph> graph_;
  std::unique_ptr<Execution> execution_;
};

/// What an error offers behind "use one of: ".
std::vector<std::string> offers_of(const std::string& message) {
  const std::string mark = "use one of: ";
  const auto begin = message.find(mark);
  std::vector<std::string> offers;
  if (begin == std::string::npos) return offers;
  std::string rest = message.substr(begin + mark.size());
  rest.resize(rest.find('.'));
  for (std::size_t comma = rest.find(", "); comma != std::string::npos; comma = rest.find(", ")) {
    offers.push_back(rest.substr(0, comma));
    rest.erase(0, comma + 2);
  }
  offers.push_back(rest);
  return offers;
}

void check_combination(const std::string& site, const std::string& estimator) {
  CAPTURE(site);
  CAPTURE(estimator);
  std::vector<std::string> offers;
  try {
    Training training(site + " | " + estimator);
    for (const std::uint32_t step : {0U, 1U}) {
      const double gradient = training.step(step);
      CHECK(gradient > 0);
      CHECK(std::isfinite(gradient));
    }
    return;
  } catch (const Error& error) {
    offers = offers_of(error.what());
  }
  REQUIRE(!offers.empty());
  for (const std::string& offer : offers) CHECK(Training(site + " | " + offer).step(0) > 0);
}

}  // namespace

TEST_CASE("every scorer, pattern, selector and estimator trains two steps together, or the error names what would") {
  for (const std::string& scorer : texts_of<Scorer>()) {
    for (const std::string& pattern : texts_of<Pattern>({"causal & dense"})) {
      for (const std::string& selector : selector_texts()) {
        for (const std::string& estimator : texts_of<Estimator>()) {
          check_combination(scorer + " | " + pattern + " | " + selector, estimator);
        }
      }
    }
  }
}

TEST_CASE("a pattern gives what a mask of the same pairs gives, to the bit, in forward and backward") {
  for (const std::string& pattern : texts_of<Pattern>()) {
    for (const std::string& selector : selector_texts()) {
      const std::string rest = with_fitting_estimator(selector);
      CAPTURE(pattern);
      CAPTURE(rest);
      const SiteCase masked{.text = "scaled_dot | dense | " + rest, .mask = {2, 3, 6}};
      SiteRun by_mask(masked);
      SiteRun by_pattern({.text = "scaled_dot | " + pattern + " | " + rest});
      by_mask.mask = pattern_mask(pattern, masked);
      for (SiteRun* run : {&by_mask, &by_pattern}) {
        run->forward();
        run->backward(cotangents_of(*run));
      }
      CHECK(by_mask.reals("weights") == by_pattern.reals("weights"));
      CHECK(by_mask.indices("kept") == by_pattern.indices("kept"));
      CHECK(by_mask.indices("count") == by_pattern.indices("count"));
      CHECK(by_mask.reals("log_prob") == by_pattern.reals("log_prob"));
      const std::vector<Real> read = by_mask.reals("read");
      for (std::size_t i = 0; i < read.size(); ++i)
        CHECK(read[i] == doctest::Approx(by_pattern.reals("read")[i]).epsilon(1e-5));
      for (auto& [name, gradient] : by_mask.gradients) {
        CAPTURE(name);
        for (std::size_t i = 0; i < gradient.size(); ++i) {
          CHECK(std::abs(gradient[i] - by_pattern.gradients[name][i]) < 256 * std::numeric_limits<Real>::epsilon());
        }
      }
    }
  }
}

TEST_CASE("a row with nothing allowed has weights, count, read and gradients of 0 and keeps nothing") {
  for (const std::string& selector : selector_texts()) {
    const std::string text = "scaled_dot | dense | " + with_fitting_estimator(selector);
    CAPTURE(text);
    SiteRun run({.text = text, .mask = {2, 6}});
    std::fill_n(run.mask.begin(), 6, 0);  // batch element 0
    run.forward();
    run.backward(cotangents_of(run));
    const auto starts_with = [](const auto& values, auto value) {
      const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
      return std::all_of(values.begin(), half, [value](auto v) { return v == value; });
    };
    const auto first_half_is = [&](const auto& values, auto value) {
      return starts_with(values, value) &&
             !std::all_of(values.begin(), values.end(), [value](auto v) { return v == value; });
    };
    CHECK(first_half_is(run.reals("weights"), Real{0}));
    CHECK(first_half_is(run.reals("read"), Real{0}));
    CHECK(first_half_is(run.indices("count"), 0));
    CHECK(first_half_is(run.indices("kept"), -1));
    for (Extent row = 0; row < 3; ++row) CHECK(run.reals("log_prob")[static_cast<std::size_t>(row)] == 0);
    CHECK(first_half_is(run.gradients["values"], Real{0}));
    for (const char* name : {"queries", "keys"})
      CHECK(starts_with(run.gradients[name], Real{0}));  // one kept item: 0 everywhere
  }
}

TEST_CASE("the rows of a batch do not know of each other") {
  for (const std::string& selector : selector_texts()) {
    const std::string text = "scaled_dot | causal | " + with_fitting_estimator(selector);
    CAPTURE(text);
    SiteRun pair({.text = text});
    SiteRun single({.text = text, .batch = 1});
    for (auto& [name, values] : single.inputs)
      std::copy_n(pair.inputs[name].end() - static_cast<std::ptrdiff_t>(values.size()), values.size(), values.begin());
    pair.forward({.seed = 9, .first_row = 4});
    single.forward({.seed = 9, .first_row = 5});  // the second row of the pair
    for (const char* name : {"weights", "log_prob", "read"}) {
      const std::vector<Real> all = pair.reals(name);
      CHECK(single.reals(name) == std::vector<Real>(all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end()));
    }
    const std::vector<Index> kept = pair.indices("kept");
    CHECK(single.indices("kept") ==
          std::vector<Index>(kept.begin() + static_cast<std::ptrdiff_t>(kept.size() / 2), kept.end()));
  }
}

}  // namespace fovea::conformance
