#include <algorithm>
#include <cmath>

#include "framework/attention/estimator.h"
#include "framework/attention/pattern_text.h"
#include "framework/attention/scorer.h"
#include "framework/attention/site/site.h"
#include "framework/core/error.h"
#include "framework/cpu/row_math.h"
#include "framework/graph/functions.h"
#include "modules/transformer/multi_head.h"
#include "tests/reference/checks.h"

namespace fovea::reference {
namespace {

// A scorer by its text; its parameters are named as the inputs of the case.
Check scorer(const std::function<std::string(const Case&)>& text_of) {
  return [text_of](const Case& c, Outcome& outcome) {
    check_graph(
        c,
        [&](Builder& b, const Values& in, const Case&) -> Values {
          const auto plugin = Registry<Scorer>::instance().parse(text_of(c)).plugin;
          const Value queries = in.at("query");
          const Value keys = in.at("key");
          plugin->declare(b, queries.shape().last(), keys.shape().last());
          return {{"y", plugin->score(b, queries, plugin->prepare_keys(b, keys))}};
        },
        outcome);
  };
}

void add_score_checks(std::map<std::string, Check>& checks) {
  for (const char* name : {"dot", "scaled_dot", "bilinear", "euclidean"}) {
    checks[std::string("score/") + name] = scorer([name](const Case&) { return std::string(name); });
  }
  checks["score/additive"] =
      scorer([](const Case& c) { return "additive(width=" + std::to_string(c.in("v").shape[0]) + ")"; });
  checks["score/cosine"] = scorer([](const Case& c) {
    return "cosine(sharpness=" + number_text(c.number("sharpness")) + ", epsilon=" + number_text(c.number("epsilon")) + ")";
  });
}

// [batch, heads, positions, width] -> [batch heads, positions, width]
Value heads_as_rows(Value x) { return reshape(x, {x.shape()[0] * x.shape()[1], x.shape()[2], x.shape()[3]}); }

// Index [batch heads, keys]: 1 for the first lengths[batch] keys.
Value padding_mask(Builder& b, const Case& c, const Shape& keys) {
  std::vector<Index> mask;
  for (const double length : c.in("lengths").values) {
    for (Extent head = 0; head < keys[1]; ++head) {
      for (Extent key = 0; key < keys[2]; ++key) mask.push_back(static_cast<double>(key) < length ? 1 : 0);
    }
  }
  return b.constant("mask", {keys[0] * keys[1], keys[2]}, mask);
}

// Scaled dot-product attention through a site; `text_of` gives its pattern and selector.
Check attention(const std::function<std::string(const Case&)>& text_of) {
  return [text_of](const Case& c, Outcome& outcome) {
    check_graph(
        c,
        [&](Builder& b, const Values& in, const Case&) -> Values {
          const Shape& shape = in.at("query").shape();
          const double scale_of_site = 1 / std::sqrt(static_cast<double>(shape.last()));
          if (std::abs(c.number("scale") - scale_of_site) > 1e-12) {
            throw Error(c.file, "a scale of 1 / sqrt(width) was expected; another came.");
          }
          Site site(b, text_of(c), shape.last(), shape.last());
          Site::Inputs inputs;
          inputs.queries = heads_as_rows(in.at("query"));
          inputs.prepared_keys = site.prepare_keys(heads_as_rows(in.at("key")));
          inputs.values = heads_as_rows(in.at("value"));
          if (c.has("in/lengths")) inputs.mask = padding_mask(b, c, in.at("key").shape());
          const Value read = site.attend(inputs).read;
          return {{"y", reshape(read, {shape[0], shape[1], shape[2], in.at("value").shape().last()})}};
        },
        outcome);
  };
}

// The numbers in the formula of a case, such as "|i-j|<=6 and (i-j)%2==0", from left to right.
std::vector<Extent> numbers_in(const std::string& formula) {
  std::vector<Extent> numbers;
  for (std::size_t i = 0; i < formula.size();) {
    const std::size_t end = std::min(formula.find_first_not_of("0123456789", i), formula.size());
    if (end > i) numbers.push_back(std::stoll(formula.substr(i, end - i)));
    i = std::max(end, i + 1);
  }
  return numbers;
}

// The pairs of our pattern must be those of the mask that the case was computed with.
void expect_mask(const Case& c, const Pattern& pattern) {
  const Array& mask = c.in("mask");
  for (Extent query = 0; query < mask.shape[0]; ++query) {
    const std::vector<Index> items = items_in(candidates_of(pattern, query, mask.shape[0], mask.shape[1]));
    for (Extent item = 0; item < mask.shape[1]; ++item) {
      const bool exists = std::binary_search(items.begin(), items.end(), static_cast<Index>(item));
      if ((mask.values[query * mask.shape[1] + item] != 0) != exists) {
        throw Error(c.file, "the pairs of its mask were expected; query " + std::to_string(query) + " and item " +
                                std::to_string(item) + " differ; correct the pattern.");
      }
    }
  }
}

// Attention with a pattern; in its text, "#0", "#1" ... stand for the numbers of the formula.
Check patterned(const std::string& text, std::size_t numbers) {
  return [text, numbers](const Case& c, Outcome& outcome) {
    const std::vector<Extent> found = numbers_in(c.texts.at("pattern"));
    if (found.size() != numbers) throw Error(c.file, "the formula of its pattern is not the one that is known here.");
    std::string pattern = text;
    for (std::size_t i = 0; i < numbers; ++i) {
      const std::string sign = "#" + std::to_string(i);
      for (std::size_t at = pattern.find(sign); at != std::string::npos; at = pattern.find(sign)) {
        pattern.replace(at, sign.size(), std::to_string(found[i]));
      }
    }
    expect_mask(c, *parse_pattern(pattern).pattern);
    attention([&](const Case&) { return "scaled_dot | " + pattern + " | softmax | none"; })(c, outcome);
  };
}

void add_pattern_checks(std::map<std::string, Check>& checks) {
  checks["attention/full"] = patterned("dense", 0);
  checks["attention/causal"] = patterned("causal", 0);
  checks["attention/block_local"] = patterned("block(#0)", 2);
  checks["attention/dilated"] = patterned("window(#0) & dilated(#1)", 3);
  checks["attention/local"] = patterned("window(#0)", 1);
  checks["attention/local_causal"] = patterned("window(#1, 0)", 2);
  checks["attention/local_global"] = patterned("window(#0) + global(#1)", 3);
  checks["attention/strided"] = patterned("strided(#0)", 3);
  checks["attention/padded"] = attention([](const Case&) { return "scaled_dot | dense | softmax | none"; });
  checks["attention/top_k"] =
      attention([](const Case& k) { return "scaled_dot | dense | top_k(" + number_text(k.number("k")) + ") | none"; });
}

// Rows 3E of the packed weights are query, key, value.
Values multi_head_attention(Builder& b, const Values& in, const Case& c) {
  const Extent width = in.at("query").shape().last();
  const auto packed = [&](Extent part) -> HeadProjections::Layer {
    return {slice(in.at("in_proj_weight"), 0, part * width, (part + 1) * width),
            slice(in.at("in_proj_bias"), 0, part * width, (part + 1) * width)};
  };
  const HeadProjections layers{packed(0), packed(1), packed(2), {in.at("out_proj_weight"), in.at("out_proj_bias")}};
  MultiHeadAttention attention(b, layers, {.heads = static_cast<Extent>(c.number("heads"))});
  const auto result = attention.attend({.queries = in.at("query"), .memory = in.at("memory")});
  std::vector<Value> weights;
  for (const Attended& head : result.heads) weights.push_back(head.weights);
  return {{"y", result.y}, {"weights", stack(weights, 1)}};
}

// One row of a selector with the memory of its choice.
struct RowChoice {
  std::vector<Real> weights;
  std::vector<Index> kept;
  std::vector<Real> scratch;
  Choice choice;

  RowChoice(const Selector& selector, ConstRow scores) {
    const Extent capacity = selector.capacity(static_cast<Extent>(scores.size()));
    weights.resize(capacity);
    kept.resize(weights.size());
    scratch.resize(scratch_of(selector, static_cast<Extent>(scores.size())));
    choice = {weights, kept, 0, 0, scratch};
    if (const auto* random = half_of<RandomChoice>(selector)) {
      random->select_greedy(scores, Rng(), choice);
    } else {
      selector.select(scores, Rng(), choice);
    }
  }
};

using GradRow = std::function<void(ConstRow scores, const RowChoice&, ConstRow cotangent, Row grad_scores)>;

// Every row of "scores" through a selector: dense weights are compared with `out`, the gradient with grad/scores.
void check_selector(const Case& c, const Selector& selector, const std::string& out, const GradRow& pull, Outcome& outcome) {
  const std::vector<Real> scores = reals(c.in("scores"));
  const std::vector<Real> cotangents = reals(c.array("cot/" + out));
  const auto width = static_cast<std::size_t>(c.in("scores").shape.last());
  std::vector<Real> dense(scores.size(), 0);
  std::vector<Real> gradient(scores.size(), 0);
  std::vector<Index> kept;
  for (std::size_t at = 0; at < scores.size(); at += width) {
    const ConstRow row(scores.data() + at, width);
    const RowChoice chosen(selector, row);
    for (std::size_t i = 0; i < static_cast<std::size_t>(chosen.choice.count); ++i) {
      dense[at + static_cast<std::size_t>(chosen.kept[i])] = chosen.weights[i];
      kept.push_back(chosen.kept[i]);
    }
    pull(row, chosen, ConstRow(cotangents.data() + at, width), Row(gradient.data() + at, width));
  }
  outcome.compare("out/" + out, dense, c.array("out/" + out));
  outcome.compare("grad/scores", gradient, c.array("grad/scores"));
  if (!c.has("out/indices")) return;
  Array sorted = c.array("out/indices");  // by decreasing score there, ascending here
  for (auto row = sorted.values.begin(); row != sorted.values.end(); row += sorted.shape.last()) {
    std::sort(row, row + sorted.shape.last());
  }
  outcome.compare("out/indices", kept, sorted);
}

// A selector by its text, through its own backward.
void check_differentiable(const Case& c, const std::string& text, const std::string& out, Outcome& outcome) {
  const auto selector = Registry<Selector>::instance().parse(text).plugin;
  const GradRow pull = [&](ConstRow scores, const RowChoice& chosen, ConstRow cotangent, Row grad_scores) {
    std::vector<Real> on_kept;
    for (const Index item : chosen.kept) on_kept.push_back(cotangent[item]);
    half_of<DifferentiableChoice>(*selector)->backward(scores, chosen.choice, on_kept, grad_scores);
  };
  check_selector(c, *selector, out, pull, outcome);
}

// The case gives its uniform numbers, ours come from a generator: the noise is added to the scores beforehand, which changes
// no gradient, and the selector is compared without its own noise.
Case perturbed_by_its_noise(const Case& c) {
  std::vector<Real> noise = reals(c.in("uniform"));
  cpu::gumbel(noise, noise);
  Case perturbed = c;
  std::vector<double>& scores = perturbed.arrays.at("in/scores").values;
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] += static_cast<double>(noise[i]);
  return perturbed;
}

void check_gumbel_softmax(const Case& c, Outcome& outcome) {
  const Case perturbed = perturbed_by_its_noise(c);
  const auto selector =
      Registry<Selector>::instance().parse("gumbel_softmax(" + number_text(c.number("temperature")) + ")").plugin;
  const GradRow pull = [&](ConstRow row, const RowChoice& chosen, ConstRow cotangent, Row grad_scores) {
    half_of<DifferentiableChoice>(*selector)->backward(row, chosen.choice, cotangent, grad_scores);
  };
  check_selector(perturbed, *selector, "y", pull, outcome);
}

void check_straight_through(const Case& c, Outcome& outcome) {
  const auto selector = Registry<Selector>::instance().make(c.texts.at("forward"));
  const auto estimator = Registry<Estimator>::instance().make("straight_through");
  const GradRow pull = [&](ConstRow scores, const RowChoice& chosen, ConstRow cotangent, Row grad_scores) {
    half_of<WeightPath>(*estimator)
        ->through_choice(*selector, scores, chosen.choice, Draw{0, 1, Rng(), Rng()}, cotangent, grad_scores);
  };
  check_selector(c, *selector, "y", pull, outcome);
}

// The hard choice of the perturbed scores, with the gradient of the soft one.
void check_straight_through_gumbel(const Case& c, Outcome& outcome) {
  const auto selector = Registry<Selector>::instance().make("argmax");
  const auto estimator = Registry<Estimator>::instance()
                             .parse("straight_through(temperature=" + number_text(c.number("temperature")) + ")")
                             .plugin;
  const GradRow pull = [&](ConstRow scores, const RowChoice& chosen, ConstRow cotangent, Row grad_scores) {
    half_of<WeightPath>(*estimator)
        ->through_choice(*selector, scores, chosen.choice, Draw{0, 1, Rng(), Rng()}, cotangent, grad_scores);
  };
  check_selector(perturbed_by_its_noise(c), *selector, "y", pull, outcome);
}

// The case gives the actions that were drawn.
void check_reinmax(const Case& c, Outcome& outcome) {
  const auto selector = Registry<Selector>::instance().make("sample");
  const auto estimator =
      Registry<Estimator>::instance().parse("reinmax(temperature=" + number_text(c.number("temperature")) + ")").plugin;
  const std::vector<Real> scores = reals(c.in("scores"));
  const std::vector<Real> cotangents = reals(c.array("cot/y"));
  const auto width = static_cast<std::size_t>(c.in("scores").shape.last());
  std::vector<Real> dense(scores.size());
  std::vector<Real> gradient(scores.size());
  for (std::size_t at = 0; at < scores.size(); at += width) {
    const ConstRow row(scores.data() + at, width);
    RowChoice chosen(*selector, row);
    half_of<EnumerableChoice>(*selector)->take(row, static_cast<Extent>(c.in("action").values[at / width]), chosen.choice);
    dense[at + static_cast<std::size_t>(chosen.kept[0])] = chosen.weights[0];
    const ConstRow cotangent(cotangents.data() + at, width);
    half_of<WeightPath>(*estimator)
        ->through_choice(*selector, row, chosen.choice, Draw{0, 1, Rng(), Rng()}, cotangent,
                         Row(gradient.data() + at, width));
  }
  outcome.compare("out/y", dense, c.array("out/y"));
  outcome.compare("grad/scores", gradient, c.array("grad/scores"));
}

}  // namespace

void add_attention_checks(std::map<std::string, Check>& checks) {
  add_score_checks(checks);
  add_pattern_checks(checks);
  checks["multi_head_attention"] = [](const Case& c, Outcome& outcome) { check_graph(c, multi_head_attention, outcome); };
  checks["select/top_k"] = [](const Case& c, Outcome& outcome) {
    check_differentiable(c, "top_k(" + number_text(c.number("k")) + ")", "weights", outcome);
  };
  checks["select/sparsemax"] = [](const Case& c, Outcome& outcome) { check_differentiable(c, "sparsemax", "y", outcome); };
  checks["select/entmax"] = [](const Case& c, Outcome& outcome) {
    check_differentiable(c, "entmax(" + number_text(c.number("alpha")) + ")", "y", outcome);
  };
  checks["select/gumbel_softmax"] = check_gumbel_softmax;
  checks["select/straight_through"] = check_straight_through;
  checks["select/straight_through_gumbel"] = check_straight_through_gumbel;
  checks["estimator/reinmax"] = check_reinmax;
}

}  // namespace fovea::reference
