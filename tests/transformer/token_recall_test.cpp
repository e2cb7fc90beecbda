#include "modules/transformer/token_recall.h"

#include <doctest/doctest.h>

#include "framework/train/training.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

const std::vector<Index> kTokens{1, 4, 2, 5, 1, 2, 3, 5, 0, 4, 3, 0};
const std::vector<Index> kPlaces{4, 5, 3, 4};
const std::vector<Index> kTargets{4, 5, -1, 5};

InputTypes types_of() {
  return {{"tokens", {{2, 6}, Kind::kIndex}}, {"places", {{2, 2}, Kind::kIndex}}, {"targets", {{2, 2}, Kind::kIndex}}};
}

TokenRecallOptions small() {
  TokenRecallOptions options;
  options.vocabulary = 6;
  options.width = 4;
  options.longest = 6;
  options.reach = 2;
  options.deviation = 1;
  options.weight_deviation = 0.7;
  return options;
}

test::ModelRun run_of(const TokenRecallOptions& options, Mode mode = Mode::kTrain) {
  Builder b("model", mode);
  token_recall(options)(b, types_of());
  const auto graph = b.freeze();
  InputTypes inputs = types_of();
  if (mode == Mode::kEvaluate) inputs.erase("targets");
  test::ModelRun run(graph, inputs);
  run.context.mode = mode;
  run.bind("tokens", kTokens.data());
  run.bind("places", kPlaces.data());
  if (mode == Mode::kTrain) run.bind("targets", kTargets.data());
  return run;
}

Index answer_of(test::ModelRun& run, std::size_t question) { return run.output("answers").index()[question]; }

}  // namespace

TEST_CASE("the gradient of a transformer that tells tokens agrees with central differences") {
  for (const char* positions : {"none", "sinusoid", "learned", "rotary", "relative"}) {
    for (const Extent hidden : {0, 5}) {
      CAPTURE(positions);
      CAPTURE(hidden);
      TokenRecallOptions options = small();
      options.positions = positions;
      options.hidden = hidden;
      CHECK(run_of(options).gradient_error({{"cost", 1}}) < test::kGradientLimit);
    }
  }
}

TEST_CASE("a transformer that tells tokens costs the same by rows and in tiles") {
  TokenRecallOptions options = small();
  options.site = "scaled_dot | causal & (window(1, 0) + content_top_k(2)) | softmax | none";
  test::ModelRun rows = run_of(options);
  options.kernel = "tiles";
  test::ModelRun tiles = run_of(options);
  rows.run({});
  tiles.run({});
  for (int row = 0; row < 2; ++row) {
    CHECK(tiles.output("cost").real()[row] == doctest::Approx(rows.output("cost").real()[row]).epsilon(1e-5));
  }
  CHECK(run_of(options).gradient_error({{"cost", 1}}) < test::kGradientLimit);
}

TEST_CASE("the first layer of a transformer that tells tokens may choose in its own way") {
  TokenRecallOptions options = small();
  options.first_site = "scaled_dot | causal & window(1, 0) | softmax | none";
  options.site = "scaled_dot | causal & (window(1, 0) + content_top_k(2)) | softmax | none";
  CHECK(run_of(options).gradient_error({{"cost", 1}}) < test::kGradientLimit);
  Builder b;
  token_recall(options)(b, types_of());
  const auto sites = b.freeze()->sites();
  REQUIRE(sites.size() == 2);
  CHECK(sites[0].text.find("| causal & window(before=1, after=0) |") != std::string::npos);
  CHECK(sites[1].text.find("content_top_k(k=2)") != std::string::npos);
}

TEST_CASE("without attention that reads others, a token answers with what resembles itself") {
  TokenRecallOptions options = small();
  options.layers = 1;
  options.site = "scaled_dot | causal & window(0) | softmax | none";
  options.positions = "none";
  options.width = 6;
  test::ModelRun run = run_of(options, Mode::kEvaluate);
  // The vectors of the tokens are orthogonal, and the attention adds nothing.
  std::vector<Real> table(36, Real(0));
  for (std::size_t i = 0; i < 6; ++i) table[7 * i] = 1;
  run.set("tokens/weight", table);
  run.set("layer_1/self/output/weight", std::vector<Real>(36, Real(0)));
  run.run({});
  CHECK(answer_of(run, 0) == kTokens[4]);
  CHECK(answer_of(run, 1) == kTokens[5]);
  CHECK(answer_of(run, 2) == kTokens[6 + 3]);
}

}  // namespace fovea
