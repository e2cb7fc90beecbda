#include <algorithm>

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "modules/layers/sentence.h"
#include "modules/memory/ntm/ntm.h"
#include "modules/memory/stories/memn2n.h"
#include "modules/routing/balance.h"
#include "modules/routing/experts.h"
#include "tests/reference/checks.h"

namespace fovea::reference {
namespace {

// Modules declare parameters that are named like the inputs of the case.
Check graph(const Build& build) {
  return [build](const Case& c, Outcome& outcome) { check_graph(c, build, outcome); };
}

Values memn2n(Builder& b, const Values& in, const Case& c) {
  MemN2NOptions options;
  options.words = in.at("embedding_0").shape()[0];
  options.width = in.at("embedding_0").shape()[1];
  options.slots = in.at("temporal_0").shape()[0];
  options.hops = static_cast<Extent>(c.number("hops"));
  options.tying = c.texts.at("tying");
  options.encoding = c.texts.at("encoding");
  MemN2N network(b, options);
  const MemN2N::Answer answer = network(in.at("story"), in.at("query"));
  std::vector<Value> attention;
  for (const Attended& read : answer.reads) attention.push_back(scatter_items(read.weights, read.kept, in.at("story")));
  return {{"logits", answer.scores}, {"attention", concat(attention, 1)}};
}

Values ntm(Builder& b, const Values& in, const Case&) {
  NtmHead head(b, "head", in.at("key").shape()[1]);
  const Value memory = in.at("memory");
  const Value weights = head.weights(memory, in.at("previous"),
                                     {in.at("key"), in.at("sharpness"), in.at("gate"), in.at("shift"), in.at("power")});
  return {{"weights", weights},
          {"read", ntm_read(memory, weights)},
          {"written", ntm_write(memory, weights, in.at("erase"), in.at("add"))}};
}

// Its rows x [M, D] are one batch element here; its losses are scalars.
Values top_k_experts(Builder& b, const Values& in, const Case& c) {
  ExpertsOptions options;
  options.route.experts = in.at("w1").shape()[0];
  options.route.width = in.at("w1").shape()[2];
  options.route.site = "dot | dense | top_k(" + number_text(c.number("k")) + ") | none";
  options.hidden = in.at("w1").shape()[1];
  options.activation = c.texts.at("activation");
  Experts experts(b, options);
  const Experts::Result result = experts({.x = unsqueeze(in.at("x"), 0)});
  const Attended& choice = result.routed.choice;
  const Value first = unsqueeze(argmax(choice.scores), 2);
  return {{"y", squeeze(result.y, 0)},
          {"experts", squeeze(choice.kept, 0)},
          {"importance_cv2", squeeze(importance_loss(choice.kept, choice.weights, choice.scores), 0)},
          {"switch_loss", squeeze(balance_loss(first, choice.scores), 0)},
          {"z_loss", squeeze(z_loss(choice.scores), 0)}};
}

void check_top_k_experts(const Case& c, Outcome& outcome) {
  Case sorted = c;  // experts come by decreasing score there, ascending here
  Array& experts = sorted.arrays.at("out/experts");
  for (auto row = experts.values.begin(); row != experts.values.end(); row += experts.shape.last()) {
    std::sort(row, row + experts.shape.last());
  }
  check_graph(sorted, top_k_experts, outcome);
}

}  // namespace

void add_module_checks(std::map<std::string, Check>& checks) {
  checks["sentence/bag_of_words"] = graph([](Builder&, const Values& in, const Case&) -> Values {
    return {{"y", bag_of_words(embedding(in.at("indices"), in.at("weight")))}};
  });
  checks["sentence/position_encoding"] = graph([](Builder&, const Values& in, const Case&) -> Values {
    return {{"y", position_encoding(embedding(in.at("indices"), in.at("weight")))}};
  });
  checks["memory/memn2n"] = graph(memn2n);
  checks["memory/ntm"] = graph(ntm);
  checks["routing/top_k_experts"] = check_top_k_experts;
}

}  // namespace fovea::reference
