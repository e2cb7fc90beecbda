#include <doctest/doctest.h>

#include <limits>

#include "framework/attention/pattern_text.h"
#include "tests/conformance/site_run.h"

// Every pattern as a part of a site.
namespace fovea::conformance {
namespace {

/// The pairs of a pattern as a mask. Where data steer them, they are what softmax, which keeps everything, has kept.
std::vector<Index> pattern_mask(const std::string& text, const SiteCase& site) {
  std::vector<Index> mask(static_cast<std::size_t>(site.batch * site.queries * site.items));
  const auto pattern = parse_pattern(text).pattern;
  SiteRun run({.text = "scaled_dot | " + text});
  run.forward();
  const std::vector<Index> kept = run.indices("kept");
  for (Extent row = 0; row < site.batch * site.queries; ++row) {
    std::vector<Index> items = items_in(candidates_of(*pattern, row % site.queries, site.queries, site.items));
    if (depends_on_data(*pattern)) {
      items.assign(kept.begin() + row * site.items, kept.begin() + (row + 1) * site.items);
      items.erase(std::find(items.begin(), items.end(), -1), items.end());
    }
    for (const Index item : items) mask[row * site.items + item] = 1;
  }
  return mask;
}

/// What the patterns that weigh pairs add to the scores of these, as the site of `run` does; 0 for others.
std::vector<Real> pattern_bias(const std::string& text, const std::vector<Index>& mask, const SiteRun& run,
                               const SiteCase& site) {
  std::vector<Real> bias(mask.size());
  const auto pattern = parse_pattern(text).pattern;
  for (const PairBias* one_bias : biases_of(*pattern)) {
    std::vector<ConstRow> parameters;
    for (const SiteParameter& one : one_bias->parameters()) {
      parameters.push_back(run.parameters.at("site/pattern/" + one.name));
    }
    for (Extent row = 0; row < site.batch * site.queries; ++row) {
      std::vector<Index> items;
      for (Extent n = 0; n < site.items; ++n) {
        if (mask[row * site.items + n] != 0) items.push_back(static_cast<Index>(n));
      }
      std::vector<Real> added(items.size());
      PatternRow data{{}, {}, nullptr, row % site.queries};
      data.parameters = parameters;
      one_bias->add_bias(data, items, added);
      for (std::size_t i = 0; i < items.size(); ++i) bias[row * site.items + items[i]] = added[i];
    }
  }
  return bias;
}

}  // namespace

TEST_CASE("a pattern gives what a mask of the same pairs, and their bias, gives, to the bit, in forward and backward") {
  for (const std::string& pattern : site_pattern_partners()) {
    for (const std::string& selector : selector_partners()) {
      if (!is_tried<Pattern>(pattern) && !is_tried<Selector>(selector)) continue;
      const std::string rest = with_fitting_estimator(selector);
      CAPTURE(pattern);
      CAPTURE(rest);
      const SiteCase masked{.text = "scaled_dot | dense | " + rest, .mask = {2, 3, 6}, .has_bias = true};
      SiteRun by_mask(masked);
      SiteRun by_pattern({.text = "scaled_dot | " + pattern + " | " + rest});
      by_mask.mask = pattern_mask(pattern, masked);
      by_mask.bias = pattern_bias(pattern, by_mask.mask, by_pattern, masked);
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
      for (const auto& gradient : by_mask.gradients) {
        CAPTURE(gradient.first);
        const std::vector<Real>& other = by_pattern.gradients.at(gradient.first);
        for (std::size_t i = 0; i < other.size(); ++i) {
          CHECK(std::abs(gradient.second[i] - other[i]) < 256 * std::numeric_limits<Real>::epsilon());
        }
      }
    }
  }
}

TEST_CASE("a site sees no more pairs than its pattern claims, and what it sees lies among the candidates") {
  for (const std::string& text : site_pattern_partners()) {
    if (!is_tried<Pattern>(text)) continue;
    CAPTURE(text);
    const SiteCase site{.text = "scaled_dot | " + text, .queries = 9, .items = 9};
    SiteRun run(site);
    run.forward();
    const auto pattern = parse_pattern(text).pattern;
    const std::vector<Index> count = run.indices("count");
    const std::vector<Index> kept = run.indices("kept");
    Extent pairs = 0;
    for (std::size_t row = 0; row < count.size(); ++row) {
      pairs += count[row];
      const std::vector<Index> candidates = items_in(candidates_of(*pattern, static_cast<Extent>(row) % 9, 9, 9));
      const auto begin = kept.begin() + static_cast<std::ptrdiff_t>(row) * 9;
      CHECK(std::includes(candidates.begin(), candidates.end(), begin, begin + count[row]));
      if (pattern->is_causal() && count[row] > 0) CHECK(begin[count[row] - 1] <= static_cast<Index>(row % 9));
    }
    CHECK(pairs <= 2 * pattern->pairs_at_most(9, 9));
  }
}

}  // namespace fovea::conformance
