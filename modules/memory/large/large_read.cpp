#include "modules/memory/large/large_read.h"

#include <cmath>

#include "framework/core/error.h"
#include "framework/core/options.h"

namespace fovea {
namespace {

/// Of the known names of a part, one was expected.
void expect_known(const char* part, const std::string& name, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  std::string list;
  for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
  throw Error("memory read", std::string("an exact read of a large memory accepts the ") + part + " " + list + "; '" + name +
                                 "' came; use one of these, or a Site for a memory of few slots.");
}

void read_scorer(const Call& call, Extent width, MemoryRead& read) {
  expect_known("scorers", call.name, {"dot", "scaled_dot", "cosine"});
  double temperature = 1;
  Options options;
  if (call.name == "cosine") {
    options.add("sharpness", read.factor, "factor of the cosine, > 0", {.low = 1e-6});
    options.add("epsilon", read.epsilon, "shorter vectors count as this long, > 0", {.low = 1e-30});
  }
  options.add("temperature", temperature, "scores are divided by it, > 0", {.low = 1e-6});
  apply(call, options);
  read.is_cosine = call.name == "cosine";
  if (call.name == "scaled_dot") read.factor = 1 / std::sqrt(static_cast<double>(width));
  read.factor /= temperature;
}

void read_selector(const Call& call, MemoryRead& read) {
  expect_known("selectors", call.name, {"top_k", "threshold", "argmax"});
  double temperature = 1;
  std::string of = "all";
  Options options;
  if (call.name == "top_k") options.add("k", read.kept, "items kept, >= 1", {.low = 1});
  if (call.name == "threshold") {
    read.least = 0.02;
    options.add("least", read.least, "least share of the probability with which an item is kept, in (0, 1]",
                {.low = 1e-9, .high = 1});
    options.add("of", of, "what it is a share of", {"all"});
    options.add("temperature", temperature, "scores are divided by it, > 0", {.low = 1e-6});
  }
  apply(call, options);
  if (call.name == "argmax") read.kept = 1;
  if (call.name == "threshold") read.kept = static_cast<Extent>((1 + 1e-12) / read.least);
  read.factor /= temperature;
}

}  // namespace

MemoryRead memory_read_of(std::string_view site, Extent width, Mode mode) {
  const SiteText text = SiteText::parse(site);
  MemoryRead read;
  read_scorer(parse_call(text.scorer), width, read);
  expect_known("patterns", parse_call(text.pattern).name, {"dense"});
  read_selector(parse_call(text.selector), read);
  expect_known("estimators", parse_call(text.estimator).name, {"none"});
  if (mode == Mode::kTrain && read.kept == 1 && read.least == 0) {
    throw Error("memory read", "a choice of several slots was expected in training; '" + text.selector +
                                   "' keeps one, whose weight gives the query no gradient; use top_k(k) with k >= 2.");
  }
  return read;
}

Attended read_memory(const MemoryInputs& inputs, const std::string& site, At at) {
  Builder& builder = inputs.queries.builder();
  const std::string text = builder.site_text(site);
  MemoryRead read = memory_read_of(text, inputs.queries.shape().last(), builder.mode());
  read.has_values = !inputs.values.is_empty();
  read.has_sharpness = !inputs.sharpness.is_empty();
  std::vector<Value> operands{inputs.queries, inputs.keys};
  if (read.has_values) operands.push_back(inputs.values);
  if (read.has_sharpness) operands.push_back(inputs.sharpness);
  const std::vector<Value> out = builder.add_all(make_memory_read(read), operands, "", at);
  Attended result;
  result.weights = out[0];
  result.kept = out[1];
  result.count = out[2];
  result.read = out[3];
  builder.register_site(text, {.kept = result.kept, .weights = result.weights, .count = result.count});
  return result;
}

}  // namespace fovea
