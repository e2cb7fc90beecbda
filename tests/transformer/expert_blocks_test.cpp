#include "modules/transformer/expert_blocks.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/model_run.h"

namespace fovea {
namespace {

TransformerOptions small() {
  TransformerOptions options;
  options.layers = 3;
  options.heads = 2;
  options.hidden = 5;
  options.dropout = 0;
  return options;
}

ExpertBlocks::Parts parts(const std::string& policy, Extent every = 1) {
  ExpertBlocks::Parts parts;
  parts.experts.hidden = 3;
  parts.experts.activation = "gelu";
  parts.experts.route.experts = 3;
  parts.experts.route.site = "dot | dense | softmax | none";
  parts.experts.route.policy = policy;
  parts.experts.route.balance_loss = 0.5;
  parts.every = every;
  return parts;
}

std::shared_ptr<const Graph> encoder_of(ExpertBlocks experts) {
  Builder b;
  b.output("y", transformer_encoder(b, "encoder", b.parameter("x", {2, 5, 4}, Init::normal(1)), {}, experts.in(small())));
  b.output("loss", experts.loss());
  return b.freeze();
}

std::vector<std::string> paths_of(const Graph& graph) {
  std::vector<std::string> paths;
  for (const int id : graph.parameters()) paths.push_back(graph.node(id).path);
  return paths;
}

bool has(const std::vector<std::string>& paths, const std::string& path) {
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

}  // namespace

TEST_CASE("experts replace the feed-forward layers of every block, or of every second one") {
  const auto all = paths_of(*encoder_of(ExpertBlocks(parts("top_k"))));
  for (const char* layer : {"1", "2", "3"}) {
    CHECK(has(all, std::string("encoder/layer_") + layer + "/experts/w1"));
    CHECK_FALSE(has(all, std::string("encoder/layer_") + layer + "/feed_forward/inner/weight"));
  }
  const auto second = paths_of(*encoder_of(ExpertBlocks(parts("top_k", 2))));
  CHECK(has(second, "encoder/layer_1/experts/w1"));
  CHECK(has(second, "encoder/layer_2/feed_forward/inner/weight"));
  CHECK(has(second, "encoder/layer_3/experts/w1"));
}

#if defined(FOVEA_F64)

TEST_CASE("gradients of blocks with experts and of their losses agree with central differences") {
  for (const char* policy : {"top_k(normalise=true)", "switch", "expert_choice"}) {
    CAPTURE(policy);
    CHECK(test::ModelRun(encoder_of(ExpertBlocks(parts(policy)))).gradient_error({{"y", 1}, {"loss", 2}}) <
          test::kGradientLimit);
  }
}

#endif

}  // namespace fovea
