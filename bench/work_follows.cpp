// Work follows the choice: what the values of a site cost in forward and backward, and how many value rows it gathers,
// for more and more items. One batch element, one thread.
//
// The choice op runs with values and, in turn, without them, in the same memory; the difference is the value side: the read,
// the gradient of the weights and that of the values, which is added to. Work outside the op does not count: the
// gradient of [N, V] values is cleared by a plan (or, of a parameter, by the trainer) before backward, dense work that is
// timed separately.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/command_line.h"
#include "bench/measure.h"
#include "bench/op_call.h"
#include "framework/attention/choose/choose_op.h"
#include "framework/attention/pattern_text.h"
#include "framework/attention/site/site.h"

namespace fovea::bench {
namespace {

struct Setting {
  std::string way;  // selector | estimator
  std::string pattern = "dense";
  Extent queries = 1;
  Extent items = 1024;
  Extent width = 64;
  double seconds = 0.5;
  bool is_cold = false;  // nothing is in the caches when a call begins
};

enum class Has { kNothing, kValues };

std::shared_ptr<const Op> op_of(const Setting& setting, Has has) {
  const SiteText site = SiteText::parse("dot | " + setting.pattern + " | " + setting.way);
  ChooseParts parts;
  parts.pattern = parse_pattern(site.pattern).pattern;
  parts.selector = Registry<Selector>::instance().parse(site.selector).plugin;
  parts.estimator = Registry<Estimator>::instance().parse(site.estimator).plugin;
  const std::string problem = misfit(*parts.selector, site.selector, *parts.estimator, site.estimator);
  if (!problem.empty()) throw Error(setting.way, problem + "; choose another pair.");
  if (!parameters_of(*parts.selector).empty()) throw Error(setting.way, "this selector learns; name one that does not.");
  parts.advantage_slot = half_of<ScoreFunction>(*parts.estimator) != nullptr ? 0 : -1;
  parts.has_values = has == Has::kValues;
  return std::make_shared<ChooseOp>(parts);
}

/// The choice with and without values, in the same memory, so that nothing else differs.
class Call {
 public:
  explicit Call(const Setting& setting)
      : setting_(setting),
        with_(op_of(setting, Has::kValues),
              {Type{{1, setting.queries, setting.items}}, Type{{1, setting.items, setting.width}}}) {
    with_.want_all();
    without_.emplace(op_of(setting, Has::kNothing), with_, 1);
    if (setting.is_cold) dirt_.resize(kDirt / sizeof(Real));
    for (OpCall* call : {&with_, &*without_}) {
      call->context().seed = 7;
      call->context().advantages = advantages_;
    }
  }

  /// Before the call of this number: raises the scores of a few items of every query, and lowers those raised before.
  void choose_best(std::uint32_t number) {
    for (std::size_t i = 0; i < dirt_.size(); i += 64 / sizeof(Real)) dirt_[i] += 1;
    with_.context().step = without_->context().step = number;
    Real* scores = with_.input(0).real();
    for (const auto& [place, score] : raised_) scores[place] = score;
    raised_.clear();
    Rng rng({.seed = 3, .step = number});
    for (Extent query = 0; query < setting_.queries; ++query) {
      for (int i = 0; i < kRaised; ++i) {
        const Extent place = query * setting_.items + rng.below(setting_.items);
        raised_.emplace_back(place, scores[place]);
        scores[place] += 20;
      }
    }
    std::reverse(raised_.begin(), raised_.end());  // an item that was raised twice ends where it began
  }

  /// Forward and backward; the gradient of the scores is written, that of the values added to.
  double seconds(Has has) {
    OpCall& call = has == Has::kValues ? with_ : *without_;
    Counters* const counters = has == Has::kValues ? &counters_ : nullptr;
    const double start = now();
    call.forward(counters);
    call.backward(counters);
    return now() - start;
  }

  Counters take_counters() { return std::exchange(counters_, {}); }

 private:
  static constexpr int kRaised = 8;
  static constexpr std::size_t kDirt = std::size_t{128} << 20U;  // bytes, more than any cache

  Setting setting_;
  OpCall with_;
  std::optional<OpCall> without_;
  std::vector<Real> dirt_;  // written between the calls, so that nothing else stays in the caches
  std::vector<std::pair<Extent, Real>> raised_;
  Real advantage_ = Real(0.5);
  std::span<const Real> advantages_[1] = {{&advantage_, 1}};
  Counters counters_;
};

/// A median and the interval that holds it with a confidence of 95 %, in seconds.
struct Median {
  double value = 0;
  double low = 0;
  double high = 0;
};

Median median_of(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const auto count = static_cast<double>(samples.size());
  const auto at = [&](double place) { return samples[static_cast<std::size_t>(std::clamp(place, 0.0, count - 1))]; };
  const double reach = 0.98 * std::sqrt(count);
  return {at(count / 2), at(count / 2 - reach), at(count / 2 + reach)};
}

struct Result {
  Median choice;  // a call without values
  Median values;  // what values add to it
  Counters rows;  // of two calls
};

Result measure(const Setting& setting) {
  constexpr std::uint32_t kFewest = 15;
  constexpr Has kOrder[] = {Has::kValues, Has::kNothing, Has::kNothing, Has::kValues};
  Call call(setting);
  std::vector<double> choices;
  std::vector<double> differences;
  Result result;
  const double start = now();
  for (std::uint32_t number = 0; number <= kFewest || now() - start < setting.seconds; ++number) {
    double with = 0;
    double without = 0;
    for (std::uint32_t i = 0; i < std::size(kOrder); ++i) {
      call.choose_best(2 * number + i / 2);
      (kOrder[i] == Has::kValues ? with : without) += call.seconds(kOrder[i]) / 2;
    }
    result.rows = call.take_counters();  // of two calls
    if (number == 0) continue;
    choices.push_back(without);
    differences.push_back(with - without);
  }
  result.choice = median_of(choices);
  result.values = median_of(differences);
  return result;
}

/// Clearing the gradient of the values, which happens outside of the op.
Median measure_clearing(const Setting& setting) {
  std::vector<Real> gradient(static_cast<std::size_t>(setting.items * setting.width), Real(1));
  std::vector<double> samples;
  for (const double start = now(); samples.size() < 30 || now() - start < setting.seconds;) {
    const double begin = now();
    std::fill(gradient.begin(), gradient.end(), Real(0));
    samples.push_back(now() - begin);
  }
  return median_of(samples);
}

std::string config_of(const Setting& setting) {
  return "M=" + std::to_string(setting.queries) + ",N=" + std::to_string(setting.items) +
         ",V=" + std::to_string(setting.width) + (setting.pattern == "dense" ? "" : ",pattern=" + setting.pattern);
}

void print(const Setting& setting, const Result& result, bool json) {
  const auto queries = static_cast<double>(setting.queries);
  const double forward = static_cast<double>(result.rows.gathered_rows) / (2 * queries);
  const double backward = static_cast<double>(result.rows.gathered_rows_backward) / (2 * queries);
  if (json) {
    const double rate = queries / std::max(result.values.value, 1e-9);  // noise may make it negative
    std::printf(R"({"name": "%s", "config": "%s", "median_s": %.6g, "low_s": %.6g, "high_s": %.6g, "choice_s": %.6g, )"
                R"("rows_forward": %.6g, "rows_backward": %.6g, "rate": %.6g, "unit": "queries/s"})"
                "\n",
                setting.way.c_str(), config_of(setting).c_str(), result.values.value, result.values.low, result.values.high,
                result.choice.value, forward, backward, rate);
  } else {
    std::printf("%-44s %-18s values %9.2f us (%.2f to %.2f), choice %9.1f us; rows a query: forward %.6g, backward %.6g\n",
                setting.way.c_str(), config_of(setting).c_str(), 1e6 * result.values.value, 1e6 * result.values.low,
                1e6 * result.values.high, 1e6 * result.choice.value, forward, backward);
  }
  std::fflush(stdout);
}

void print_clearing(const Setting& setting, const Median& median, bool json) {
  if (json) {
    print_json({"clearing", config_of(setting), median.value, median.low, 1, "clears/s"});
  } else {
    std::printf("%-44s %-18s        %9.2f us, once for all queries\n", "outside: clearing the gradient of the values",
                config_of(setting).c_str(), 1e6 * median.value);
  }
  std::fflush(stdout);
}

void report(Setting setting, const std::vector<std::string>& ways, const std::vector<Extent>& queries,
            const std::vector<Extent>& items, bool json) {
  for (const Extent count : queries) {
    setting.queries = count;
    for (const std::string& way : ways) {
      setting.way = way;
      for (const Extent n : items) {
        setting.items = n;
        print(setting, measure(setting), json);
      }
    }
  }
  setting.queries = 1;
  for (const Extent n : items) {
    setting.items = n;
    print_clearing(setting, measure_clearing(setting), json);
  }
}

int run(int count, char** arguments) {
  Common common;
  Setting setting;
  std::vector<Extent> queries{1, 16};
  std::vector<Extent> items{1024, 16384, 262144};
  std::vector<std::string> ways{"top_k(8) | none", "argmax | straight_through(candidates=kept)", "sample | reinforce",
                                "argmax | straight_through", "softmax | none"};
  CommandLine line(
      "bench_work_follows", "What the values of a choice cost in forward and backward, and how many rows it gathers.",
      "  bench_work_follows                                    # a memory read and 16 queries, all items visible\n"
      "  bench_work_follows \"top_k(8) | none\" --queries 1       # one way to choose, one query\n"
      "  bench_work_follows --pattern \"window(512)\"             # attention to the neighbourhood\n"
      "  bench_work_follows \"sample | reinforce\" --cold --json\n",
      common);
  CLI::App& app = line.app();
  app.add_option("ways", ways, "selector | estimator, each as one argument")->check(taken_by([](const std::string& text) {
    Setting one;
    one.way = text;
    op_of(one, Has::kValues);
  }));
  app.add_option("--pattern", setting.pattern, "pattern of the pairs")->check(taken_by(parse_pattern));
  app.add_option("--queries", queries, "queries M, each in [1, 65536]")->check(CLI::Range(1, 65536));
  app.add_option("--items", items, "items N, each in [1, 16777216]")->check(CLI::Range(1, 16777216));
  app.add_option("--width", setting.width, "width V of a value, in [1, 8192]")->check(CLI::Range(1, 8192));
  app.add_option("--seconds", setting.seconds, "time of each measurement, at least 15 samples")
      ->check(CLI::Range(0.0, 3600.0));
  app.add_flag("--cold", setting.is_cold, "caches are emptied before every call: what is left is the work itself");
  return line.run(count, arguments, [&] { report(setting, ways, queries, items, common.json); });
}

}  // namespace
}  // namespace fovea::bench

int main(int count, char** arguments) { return fovea::bench::run(count, arguments); }
