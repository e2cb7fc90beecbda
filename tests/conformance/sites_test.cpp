#include <doctest/doctest.h>

#include <set>

#include "framework/attention/pattern_text.h"
#include "framework/attention/scorer.h"
#include "framework/core/error.h"
#include "framework/train/draws.h"
#include "tests/conformance/site_run.h"

// Every scorer | pattern | selector | estimator, as a part of a model.
namespace fovea::conformance {
namespace {

/// The queries and items of a site that suit its estimator.
struct SiteSize {
  Extent queries;
  Extent items;
};
SiteSize size_for(const SiteText& site) {
  const auto traits = EstimatorParts(*Registry<Estimator>::instance().parse(site.estimator).plugin).traits;
  const Extent items = traits.needs_two_items ? 2 : 5;
  return {traits.needs_one_choice ? 1 : items, items};
}

/// A model of one site behind a projection, its cost and two steps of gradient descent.
class Training {
 public:
  explicit Training(const std::string& text) {
    const auto [queries, items] = size_for(SiteText::parse(text));
    Builder builder;
    const Value x = builder.input("x", {{kItems, items, 3}, Kind::kReal});
    const Value target = builder.input("target", {{kItems, queries, 3}, Kind::kReal});
    const Value projected = linear(slice(x, 1, 0, queries), builder.parameter("projection", {3, 3}));
    const auto scope = builder.scope("site");
    Site site(builder, text, 3, 3);
    const Attended out = site.attend({projected, site.prepare_keys(x), x, {}});
    builder.output("cost", sum_all_but_first(square(subtract(out.read, target))));
    graph_ = builder.freeze();
    draws_ = Draws(*graph_, kItems);
    for (const int id : graph_->parameters()) {
      const auto size = static_cast<std::size_t>(graph_->node(id).outputs[0].shape.size());
      parameters_[graph_->node(id).path] = normals(size, rng_of(static_cast<std::uint32_t>(id), 70));
      gradients_[graph_->node(id).path].resize(size);
    }
    batch_.make("x", {{kItems, items, 3}, Kind::kReal});
    batch_.make("target", {{kItems, queries, 3}, Kind::kReal});
    for (const char* name : {"x", "target"}) {
      const auto values = normals(static_cast<std::size_t>(batch_.at(name).size()), rng_of(name[0]));
      // Small, so that no choice is almost certain: then the estimate of some is 0.
      std::transform(values.begin(), values.end(), batch_.at(name).real(), [](Real value) { return value / 4; });
    }
    repeated_ = Batch(draws_.rows());
    draws_.repeat(batch_, repeated_);
    const auto plan = Plan::compile(graph_, repeated_.types(), Plan::Passes::kBackward);
    execution_ = std::make_unique<Execution>(plan, [this](const std::string& path) {
      return ParameterMemory{parameters_.at(path).data(), gradients_.at(path).data()};
    });
    for (const char* name : {"x", "target"}) execution_->bind(name, repeated_.at(name).data);
  }

  /// One step; the largest gradient of the projection.
  double step(std::uint32_t number) {
    for (auto& [path, gradient] : gradients_) std::fill(gradient.begin(), gradient.end(), Real{0});
    OpContext context{.seed = 1, .step = number};
    Draws::Spans spans;
    draws_.begin();
    draws_.fill(context, 0, draws_.rows(), spans);
    execution_->forward(context);
    std::copy_n(execution_->output("cost").real(), draws_.rows(), draws_.costs().begin());
    draws_.share_out(*graph_, 1);
    execution_->clear_output_gradients();
    std::copy_n(draws_.weights().begin(), draws_.rows(), execution_->output_gradient("cost").real());
    execution_->backward(context);
    for (auto& [path, values] : parameters_) {
      for (std::size_t i = 0; i < values.size(); ++i) values[i] -= Real(0.001) * gradients_[path][i];
    }
    double largest = 0;
    for (const Real slope : gradients_.at("projection")) largest = std::max(largest, std::abs(static_cast<double>(slope)));
    return largest;
  }

 private:
  static constexpr Extent kItems = 8;
  Draws draws_;
  Batch batch_{kItems};
  Batch repeated_;
  std::map<std::string, std::vector<Real>> parameters_;
  std::map<std::string, std::vector<Real>> gradients_;
  std::shared_ptr<const Graph> graph_;
  std::unique_ptr<Execution> execution_;
};

/// What an error offers after "use one of: ".
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

/// Whether there is anything to choose: surely not where no query sees more than one item, surely where one sees more than
/// any selector keeps here. Patterns that read data may leave one by chance.
enum class Chooses { kNever, kPerhaps, kAlways };

Chooses choice_of(const std::string& text) {
  constexpr std::size_t kMostKept = 3;
  const SiteText site = SiteText::parse(text);
  const auto pattern = parse_pattern(site.pattern).pattern;
  if (depends_on_data(*pattern)) return Chooses::kPerhaps;
  const auto [queries, items] = size_for(site);
  std::size_t most = 0;
  for (Extent query = 0; query < queries; ++query) {
    const std::vector<Index> candidates = items_in(candidates_of(*pattern, query, queries, items));
    most = std::max(most, candidates.size());
  }
  const bool is_sure = most > kMostKept || selector_of(site.selector)->capacity(2) == 1;
  return most <= 1 ? Chooses::kNever : is_sure ? Chooses::kAlways : Chooses::kPerhaps;
}

bool is_tried(const SiteText& site) {
  return conformance::is_tried<Scorer>(site.scorer) || conformance::is_tried<Pattern>(site.pattern) ||
         conformance::is_tried<Selector>(site.selector) || conformance::is_tried<Estimator>(site.estimator);
}

/// Trains a site with every estimator. An error names alternatives, and each of these has been trained.
void check_estimators(SiteText site) {
  std::set<std::string> trained;
  std::set<std::string> offered;
  for (const std::string& estimator : partners_of<Estimator>()) {
    site.estimator = estimator;
    if (!is_tried(site)) continue;
    const std::string text = site.scorer + " | " + site.pattern + " | " + site.selector + " | " + estimator;
    CAPTURE(text);
    try {
      Training training(text);
      for (const std::uint32_t step : {0U, 1U}) {
        const double gradient = training.step(step);
        const Chooses chooses = choice_of(text);
        if (chooses != Chooses::kPerhaps) CHECK((gradient > 0) == (chooses == Chooses::kAlways));
        CHECK(std::isfinite(gradient));
      }
      trained.insert(estimator);
    } catch (const Error& error) {
      INFO(std::string(error.what()));
      const std::vector<std::string> offers = offers_of(error.what());
      CHECK(!offers.empty());
      offered.insert(offers.begin(), offers.end());
    }
  }
  for (const std::string& offer : offered) {
    site.estimator = offer;
    CAPTURE(offer);
    if (is_tried(site)) CHECK(trained.count(offer) == 1);
  }
}

}  // namespace

TEST_CASE("every scorer, pattern, selector and estimator trains two steps together, or the error names what would") {
  for (const std::string& selector : selector_partners()) {
    for (const std::string& scorer : partners_of<Scorer>()) {
      for (const std::string& pattern : partners_of<Pattern>()) check_estimators({scorer, pattern, selector});
    }
    for (const std::string& pattern : site_pattern_partners()) check_estimators({"scaled_dot", pattern, selector});
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
    for (Extent row = 0; row < 3; ++row) CHECK(run.reals("log_prob")[row] == 0);
    CHECK(first_half_is(run.gradients["values"], Real{0}));
    for (const char* name : {"queries", "keys"})
      CHECK(starts_with(run.gradients[name], Real{0}));  // one kept item: 0 everywhere
  }
}

TEST_CASE("the rows of a batch do not affect each other") {
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
