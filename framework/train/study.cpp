#include "framework/train/study.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

#include "framework/attention/selector.h"
#include "framework/attention/site/site.h"
#include "framework/core/error.h"
#include "framework/train/training.h"

namespace fovea {
namespace {

using Numbers = std::vector<double>;

double dot(const Numbers& a, const Numbers& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

RunSpec with_site(const RunSpec& run, const std::string& path, const std::string& text) {
  RunSpec changed = run;
  changed.model = [model = run.model, path, text](Builder& builder, const InputTypes& inputs) {
    builder.replace_sites(
        [&](const std::string& here, std::string_view given) { return here == path ? text : std::string(given); });
    model(builder, inputs);
  };
  return changed;
}

const SiteRecord& find_site(const Graph& graph, const std::string& path) {
  std::vector<std::string> paths;
  for (const SiteRecord& site : graph.sites()) {
    if (site.path == path || (path.empty() && graph.sites().size() == 1)) return site;
    paths.push_back(site.path);
  }
  if (paths.empty()) throw Error("study", "a model with a site was expected; it has none; choose another experiment.");
  if (path.empty()) {
    throw Error("study", "one site was expected; the model has " + std::to_string(paths.size()) +
                             "; choose with --site: " + unknown_name("", paths));
  }
  throw Error("study/site", unknown_name(path, paths));
}

/// The part of a gradient that is compared: the parameters of a model that the model of the exact gradient has too.
using Entries = std::vector<const ParameterStore::Entry*>;

Numbers values_of(std::span<const Real> block, const Entries& entries) {
  Numbers values;
  for (const ParameterStore::Entry* entry : entries) {
    const auto part = block.subspan(entry->offset, entry->shape.size());
    values.insert(values.end(), part.begin(), part.end());
  }
  return values;
}

/// All that have a gradient of the cost.
Entries all_entries(Training& training) {
  Entries entries;
  for (const ParameterStore::Entry& entry : training.parameters().entries()) {
    if (entry.is_optimized()) entries.push_back(&entry);
  }
  return entries;
}

/// Means over gradients of one candidate.
struct Sums {
  Numbers mean;
  Numbers squares;
  double cosine = 0;
  double loss = 0;
  std::vector<double> seconds;
};

Sums sample_gradients(Training& training, Extent samples, const Entries& entries, const Numbers* exact) {
  using Clock = std::chrono::steady_clock;
  Sums sums;
  for (Extent number = 0; number < samples; ++number) {
    const auto begin = Clock::now();
    const std::span<const Real> gradient = training.gradient(number);
    sums.seconds.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
    sums.loss += training.loss() / static_cast<double>(samples);
    const Numbers values = values_of(gradient, entries);
    sums.mean.resize(values.size());
    sums.squares.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      sums.mean[i] += values[i] / static_cast<double>(samples);
      sums.squares[i] += values[i] * values[i] / static_cast<double>(samples);
    }
    if (exact == nullptr) continue;
    const double lengths = std::sqrt(dot(values, values) * dot(*exact, *exact));
    sums.cosine += lengths > 0 ? dot(values, *exact) / lengths / static_cast<double>(samples) : 0;
  }
  return sums;
}

struct Reference {
  std::map<std::string, Numbers> gradient;  // by the path of the parameter
  std::string how;

  bool is_zero() const {
    return std::all_of(gradient.begin(), gradient.end(), [](const auto& one) { return !(dot(one.second, one.second) > 0); });
  }
};

/// A candidate against the exact gradient.
struct Comparison {
  Entries shared;
  Entries own;    // of the candidate alone
  Numbers exact;  // of the shared ones
};

Comparison compare(Training& training, const Reference& reference) {
  Comparison comparison;
  for (const ParameterStore::Entry* entry : all_entries(training)) {
    const auto known = reference.gradient.find(entry->path);
    if (known == reference.gradient.end() || static_cast<Extent>(known->second.size()) != entry->shape.size()) {
      comparison.own.push_back(entry);
      continue;
    }
    comparison.shared.push_back(entry);
    comparison.exact.insert(comparison.exact.end(), known->second.begin(), known->second.end());
  }
  return comparison;
}

void copy(std::span<const Real> from, const Entries& entries, std::span<Real> to) {
  for (const ParameterStore::Entry* entry : entries) {
    const auto size = static_cast<std::size_t>(entry->shape.size());
    const auto part = from.subspan(entry->offset, size);
    std::copy(part.begin(), part.end(), to.subspan(entry->offset, size).begin());
  }
}

/// Optimizer steps of the run that leave the shared parameters: what an estimator learns for itself. The random
/// numbers are not those that are measured later.
void learn_own(Training& training, const Comparison& comparison, const StudySpec& spec) {
  if (comparison.own.empty()) return;
  const std::span<Real> values = training.parameters().values().first(training.parameters().optimized());
  const std::vector<Real> kept(values.begin(), values.end());
  std::vector<Real> gradient(values.size());
  for (Extent step = 0; step < spec.learning; ++step) {
    copy(training.gradient(spec.samples + step), comparison.own, gradient);
    training.optimizer().step(values, gradient, spec.run.train.learning_rate, step + 1);
    copy(kept, comparison.shared, values);
  }
}

/// The exact gradient by enumeration, or, where that is impossible, by the derivative itself or by many samples.
Reference find_reference(const StudySpec& spec, const SiteRecord& site) {
  const SiteText text = SiteText::parse(site.text);
  const auto selector = Registry<Selector>::instance().parse(text.selector).plugin;
  const auto sampled = [&](const std::string& estimator, Extent samples) {
    SiteText changed = text;
    changed.estimator = estimator;
    Training training(with_site(spec.run, site.path, changed.text()));
    std::map<std::string, Numbers> by_path;
    const Sums sums = sample_gradients(training, samples, all_entries(training), nullptr);
    auto next = sums.mean.begin();
    for (const ParameterStore::Entry* entry : all_entries(training)) {
      const auto end = next + static_cast<std::ptrdiff_t>(entry->shape.size());
      by_path[entry->path] = Numbers(next, end);
      next = end;
    }
    return by_path;
  };
  if (half_of<SampledChoice>(*selector) == nullptr) {
    if (half_of<DifferentiableChoice>(*selector) != nullptr) return {sampled("none", 1), "the derivative of the cost"};
    throw Error("study", "a site whose choice is sampled or differentiable was expected; '" + text.selector +
                             "' is neither, so there is no exact gradient; set the site to sample.");
  }
  try {
    return {sampled("exact", 1), "enumeration of all choices"};
  } catch (const Error&) {  // several choices an item
    const Extent samples = 20 * spec.samples;
    return {sampled("reinforce(baseline=leave_one_out, draws=4)", samples),
            "mean of " + std::to_string(samples) + " gradients of reinforce(baseline=leave_one_out, draws=4)"};
  }
}

std::string candidate_text(const StudySpec& spec, const SiteRecord& site, const std::string& candidate) {
  SiteText text = SiteText::parse(site.text);
  if (spec.part == StudySpec::Part::kEstimator) {
    text.estimator = candidate;
  } else {
    const auto bar = candidate.find('|');
    text.selector = candidate.substr(0, bar);
    if (bar != std::string::npos) {
      text.estimator = candidate.substr(bar + 1);
    } else if (half_of<DifferentiableChoice>(*Registry<Selector>::instance().parse(text.selector).plugin) != nullptr) {
      text.estimator = "none";
    }
  }
  return SiteText::parse(text.scorer + " | " + text.pattern + " | " + text.selector + " | " + text.estimator).text();
}

StudyRow measure(const StudySpec& spec, const std::string& path, const std::string& text, const Reference& reference) {
  StudyRow row;
  Training training(with_site(spec.run, path, text));
  const Comparison comparison = compare(training, reference);
  const Numbers& exact = comparison.exact;
  row.draws = static_cast<double>(training.graph().draws());
  learn_own(training, comparison, spec);
  sample_gradients(training, spec.warm_up, {}, nullptr);
  training.take_counters();
  Sums sums = sample_gradients(training, spec.samples, comparison.shared, &exact);
  const auto samples = static_cast<double>(spec.samples);
  const double scale = dot(exact, exact);
  double distance = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    distance += (sums.mean[i] - exact[i]) * (sums.mean[i] - exact[i]) / scale;
    row.variance += std::max(0.0, sums.squares[i] - sums.mean[i] * sums.mean[i]) / scale;
  }
  row.loss = sums.loss;
  row.bias = std::sqrt(distance);
  row.bias_error = std::sqrt(row.variance / samples);
  row.error = distance + row.variance;
  row.cosine = sums.cosine;
  std::nth_element(sums.seconds.begin(), sums.seconds.begin() + static_cast<std::ptrdiff_t>(sums.seconds.size() / 2),
                   sums.seconds.end());
  row.seconds = sums.seconds[sums.seconds.size() / 2];
  const Counters counters = training.take_counters()[path];
  const double items = samples * static_cast<double>(spec.run.train.batch);
  row.rows_forward = static_cast<double>(counters.gathered_rows) / items;
  row.rows_backward = static_cast<double>(counters.gathered_rows_backward) / items;
  return row;
}

}  // namespace

StudyReport run_study(const StudySpec& spec, const StudyProgress& progress) {
  StudyReport report;
  const Training base(spec.run);
  const SiteRecord site = find_site(base.graph(), spec.site);
  report.site = site.path;
  report.text = site.text;
  const Reference reference = find_reference(spec, site);
  report.reference = reference.how;
  if (reference.is_zero()) {
    throw Error(site.path,
                "an exact gradient other than 0 was expected; all of it is 0; choose another seed or experiment.");
  }
  for (std::size_t number = 0; number < spec.candidates.size(); ++number) {
    const std::string& name = spec.candidates[number];
    progress(number, spec.candidates.size(), name);
    StudyRow row;
    const std::string text = candidate_text(spec, site, name);
    try {
      row = measure(spec, site.path, text, reference);
    } catch (const Error& error) {
      row.problem = error.fact();
    }
    row.name = name;
    report.rows.push_back(std::move(row));
  }
  return report;
}

}  // namespace fovea
