#include "tests/memory/memn2n_toy.h"

#include <doctest/doctest.h>

namespace fovea {

using namespace memn2n_toy;
using testing::difference;

TEST_CASE("without time a memory network reads sentences by their words alone") {
  CHECK(difference(Run({timeless()}).scores(), expected(softmax_of, plus)) < kLimit);
}

TEST_CASE("the encoding is by position if that is asked for") {
  MemN2NOptions options = timeless();
  const Indices swapped{2, 1, 3, 0, 0, 0};
  CHECK(difference(Run({options}, swapped).scores(), Run({options}).scores()) < kLimit);
  options.encoding = "position";
  CHECK(difference(Run({options}, swapped).scores(), Run({options}).scores()) > kLimit);
}

TEST_CASE("a linear start reads with scores instead of weights, as long as it lasts") {
  MemN2NOptions options = timeless();
  options.linear_start = "1";
  CHECK(difference(Run({options}).scores(), expected(identity, plus)) < kLimit);
  options.linear_start = "0.25";
  const auto mixed = [](const Reals& scores) {
    Reals weights = softmax_of(scores);
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = Real(0.75) * weights[i] + Real(0.25) * scores[i];
    return weights;
  };
  CHECK(difference(Run({options}).scores(), expected(mixed, plus)) < kLimit);
}

TEST_CASE("a linear start that is over has no effect, to the bit") {
  MemN2NOptions options = plain(3);
  const Reals without = Run({options}).scores();
  options.linear_start = "plateau(from=0, to=0)";
  CHECK(Run({options}).scores() == without);
}

TEST_CASE("a linear start does not read what is masked") {
  MemN2NOptions options = plain(2);
  options.linear_start = "1";
  const Network network{options, {1, 0, 1}};
  CHECK(Run(network, {1, 2, 4, 4, 0, 0}).scores() == Run(network).scores());
  CHECK(Run(network, {1, 2, 3, 0, 4, 4}).scores() != Run(network).scores());
}

TEST_CASE("the null word is zero everywhere and learns nothing") {
  MemN2NOptions options = plain(2);
  options.null_word = true;
  Run run({options});
  CHECK(run.scores()[0] == 0);
  for (const char* name : {"embedding_0", "embedding_1", "embedding_2"}) {
    const Tensor gradient = run.model().gradient(name);
    const Reals values{gradient.real(), gradient.real() + gradient.size()};
    CHECK(row(values, 0) == Reals(kWidth, 0));
    CHECK(row(values, 1) != Reals(kWidth, 0));
  }
  // The empty sentence has no time either: the place of its slot belongs to no sentence.
  const Tensor gradient = run.model().gradient("temporal_1");
  const Reals times{gradient.real(), gradient.real() + gradient.size()};
  CHECK(row(times, 1) != Reals(kWidth, 0));
  CHECK(row(times, 2) == Reals(kWidth, 0));
}

TEST_CASE("with ages it does not matter how many empty sentences follow a story") {
  MemN2NOptions options = plain(2);
  options.null_word = true;
  options.time = "age";
  CHECK(difference(Run({options}, {0, 0, 1, 2, 3, 0}).scores(), Run({options}, {1, 2, 3, 0, 0, 0}).scores()) < kLimit);
  CHECK(difference(Run({options}, {3, 0, 1, 2, 0, 0}).scores(), Run({options}, {1, 2, 3, 0, 0, 0}).scores()) > kLimit);
  options.time = "slot";
  CHECK(difference(Run({options}, {0, 0, 1, 2, 3, 0}).scores(), Run({options}, {1, 2, 3, 0, 0, 0}).scores()) > kLimit);
}

TEST_CASE("noise in time is for training") {
  MemN2NOptions options = plain(2);
  const Reals without = Run({options}).scores();
  options.time_noise = 1;
  Run run({options});
  run.model().context.mode = Mode::kEvaluate;
  CHECK(run.scores() == without);
  run.model().context.mode = Mode::kTrain;
  int changed = 0;
  for (std::uint32_t step = 0; step < 20; ++step) {
    run.model().context.step = step;
    changed += run.scores() == without ? 0 : 1;
  }
  CHECK(changed > 5);
}

TEST_CASE("every variant has the gradients that central differences give") {
  std::vector<MemN2NOptions> variants(8, plain(2));
  variants[0].time = "none";
  variants[1].time = "age";
  variants[1].null_word = true;
  variants[1].time_noise = 0.5;
  variants[2].linear_start = "0.5";
  variants[3].gate = "hop";
  variants[4].gate = "shared";
  variants[4].nonlinear = true;
  variants[5].linear_start = "1";
  variants[6].reads = 2;
  variants[6].combine = "mlp";
  variants[7].state_map = "hop";
  variants[7].gate = "hop";
  variants[7].nonlinear = true;
  for (MemN2NOptions& options : variants) {
    for (const char* tying : {"adjacent", "layer_wise"}) {
      options.tying = tying;
      const Network network{options};
      test::ModelRun run(network.build());
      run.bind("story", kStory.data());
      run.bind("question", kQuestion.data());
      CAPTURE(&options - variants.data());
      CAPTURE(tying);
      CHECK(run.gradient_error({{"scores", 3}}) < test::kGradientLimit);
    }
  }
}

}  // namespace fovea
