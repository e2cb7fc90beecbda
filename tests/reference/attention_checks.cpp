#include <algorithm>
#include <cmath>

#include "framework/attention/attend.h"
#include "framework/core/error.h"
#include "framework/cpu/row_math.h"
#include "framework/graph/functions.h"
#include "tests/reference/checks.h"

namespace fovea::reference {
namespace {

// A scorer by its text; its parameters are named as the inputs of the case.
Check scorer(const std::function<std::string(const Case&)>& text_of) {
  return [text_of](const Case& c, Outcome& outcome) {
    check_graph(
        c,
        [&](Builder& b, const Values& in, const Case&) -> Values {
          const auto plugin = Registry<Scorer>::instance().parse(text_of(c));
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

// The mask that the case gives must be that of the pattern which is used instead.
void expect_mask(const Case& c, const std::function<bool(Extent, Extent)>& allowed) {
  if (!c.has("in/mask")) return;
  const Array& mask = c.in("mask");
  for (Extent i = 0; i < mask.shape[0]; ++i) {
    for (Extent j = 0; j < mask.shape[1]; ++j) {
      if ((mask.values[static_cast<std::size_t>(i * mask.shape[1] + j)] != 0) != allowed(i, j)) {
        throw Error(c.file, "the mask is not that of its pattern.");
      }
    }
  }
}

// Rows 3E of the packed weights are query, key, value.
Values multi_head_attention(Builder&, const Values& in, const Case& c) {
  const Value query = in.at("query");
  const Extent width = query.shape().last();
  const Extent heads = static_cast<Extent>(c.number("heads"));
  const auto project = [&](Value x, Extent part) {
    const Value weight = slice(in.at("in_proj_weight"), 0, part * width, (part + 1) * width);
    const Value bias = slice(in.at("in_proj_bias"), 0, part * width, (part + 1) * width);
    return transpose(reshape(linear(x, weight, bias), {0, 0, heads, width / heads}), {0, 2, 1, 3});
  };
  const Value queries = project(query, 0);
  const Value scores = matmul(queries, project(in.at("memory"), 1), {.transpose_b = true});
  const Value weights = softmax(scale(scores, 1 / std::sqrt(static_cast<double>(width / heads))));
  const Value read = transpose(matmul(weights, project(in.at("memory"), 2)), {0, 2, 1, 3});
  const Value y = linear(reshape(read, {0, 0, width}), in.at("out_proj_weight"), in.at("out_proj_bias"));
  return {{"y", y}, {"weights", weights}};
}

// One row of a selector with the memory of its choice.
struct RowChoice {
  std::vector<Real> weights;
  std::vector<Index> kept;
  std::vector<Real> scratch;
  Choice choice;

  RowChoice(const Selector& selector, ConstRow scores) {
    const Extent capacity = selector.capacity(static_cast<Extent>(scores.size()));
    weights.resize(static_cast<std::size_t>(capacity));
    kept.resize(weights.size());
    scratch.resize(static_cast<std::size_t>(selector.scratch(static_cast<Extent>(scores.size()))));
    choice = {weights, kept, 0, 0, scratch};
    selector.select_greedy(scores, Rng(), choice);
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
  Array sorted = c.array("out/indices");  // by falling score there, ascending here
  for (auto row = sorted.values.begin(); row != sorted.values.end(); row += sorted.shape.last()) {
    std::sort(row, row + sorted.shape.last());
  }
  outcome.compare("out/indices", kept, sorted);
}

// A selector by its text, through its own backward.
void check_differentiable(const Case& c, const std::string& text, const std::string& out, Outcome& outcome) {
  const auto selector = Registry<Selector>::instance().parse(text);
  const GradRow pull = [&](ConstRow scores, const RowChoice& chosen, ConstRow cotangent, Row grad_scores) {
    std::vector<Real> on_kept;
    for (const Index item : chosen.kept) on_kept.push_back(cotangent[static_cast<std::size_t>(item)]);
    selector->backward(scores, chosen.choice, on_kept, grad_scores);
  };
  check_selector(c, *selector, out, pull, outcome);
}

// The case gives its uniform numbers, ours come from a generator: the noise is added to the scores beforehand, which changes
// no gradient, and the selector is held without noise of its own.
void check_gumbel_softmax(const Case& c, Outcome& outcome) {
  std::vector<Real> noise = reals(c.in("uniform"));
  cpu::gumbel(noise, noise);
  Case perturbed = c;
  std::vector<double>& scores = perturbed.arrays.at("in/scores").values;
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] += static_cast<double>(noise[i]);
  const auto selector = Registry<Selector>::instance().parse("gumbel_softmax(" + number_text(c.number("temperature")) + ")");
  const GradRow pull = [&](ConstRow row, const RowChoice& chosen, ConstRow cotangent, Row grad_scores) {
    selector->backward(row, chosen.choice, cotangent, grad_scores);
  };
  check_selector(perturbed, *selector, "y", pull, outcome);
}

void check_straight_through(const Case& c, Outcome& outcome) {
  const auto selector = Registry<Selector>::instance().make(c.texts.at("forward"));
  const auto estimator = Registry<Estimator>::instance().make("straight_through");
  const GradRow pull = [&](ConstRow scores, const RowChoice& chosen, ConstRow cotangent, Row grad_scores) {
    estimator->through_choice(*selector, scores, chosen.choice, Rng(), cotangent, grad_scores);
  };
  check_selector(c, *selector, "y", pull, outcome);
}

}  // namespace

void add_attention_checks(std::map<std::string, Check>& checks) {
  add_score_checks(checks);
  checks["attention/full"] = [](const Case& c, Outcome& outcome) {
    expect_mask(c, [](Extent, Extent) { return true; });
    attention([](const Case&) { return "scaled_dot | dense | softmax | none"; })(c, outcome);
  };
  checks["attention/causal"] = [](const Case& c, Outcome& outcome) {
    expect_mask(c, [](Extent i, Extent j) { return j <= i; });
    attention([](const Case&) { return "scaled_dot | causal | softmax | none"; })(c, outcome);
  };
  checks["attention/padded"] = attention([](const Case&) { return "scaled_dot | dense | softmax | none"; });
  checks["attention/top_k"] =
      attention([](const Case& k) { return "scaled_dot | dense | top_k(" + number_text(k.number("k")) + ") | none"; });
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
}

}  // namespace fovea::reference
