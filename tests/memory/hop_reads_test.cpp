#include "modules/memory/stories/hop_reads.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

using test::ModelRun;
using testing::difference;
using Reals = std::vector<Real>;

constexpr Extent kWidth = 2;

// Two states of two units, and three items for each.
const Reals kState{1, 0, 0, 2};
const Reals kKeys{1, 0, 0, 1, 2, -1, 1, 1, -1, 0, 0, 1};
const Reals kValues{1, 2, 3, 4, 5, 6, -1, 0, 2, 1, 0, -3};

struct Hop {
  HopReadsOptions options;
  bool has_linear_share = false;

  std::shared_ptr<const Graph> build() const {
    Builder b;
    HopReads hop(b, options);
    const Value state = b.input("state", {{2, kWidth}, Kind::kReal});
    const Value keys = b.input("keys", {{2, 3, kWidth}, Kind::kReal});
    const Value values = b.input("values", {{2, 3, kWidth}, Kind::kReal});
    Value share;
    if (has_linear_share) share = b.constant("share", {1}, std::vector<Real>{Real(0.25)});
    const HopReads::Reads reads = hop({.state = state, .keys = keys, .values = values, .linear_share = share});
    b.output("read", reads.read);
    return b.freeze();
  }
};

struct Run : ModelRun {
  explicit Run(const Hop& hop) : ModelRun(hop.build()) {
    bind("state", kState.data());
    bind("keys", kKeys.data());
    bind("values", kValues.data());
  }
  Reals read() {
    run({});
    const Tensor out = output("read");
    return {out.real(), out.real() + out.size()};
  }
};

Hop hop_of(Extent reads, const std::string& combine = "sum", const std::string& site = "dot | dense | softmax | none") {
  return {{.width = kWidth, .reads = reads, .combine = combine, .site = site}};
}

const std::string kHard = "dot | dense | argmax | straight_through";

}  // namespace

TEST_CASE("each read of a hop has its own query") {
  Run run(hop_of(2, "sum", kHard));
  run.set("read_0/query", {0, 0, 0, 0});
  run.set("read_1/query", {-2, 0, 0, -2});
  // Row 0: scores 1, 0, 2 read item 2, and their opposites item 1. Row 1: 2, 0, 2 read item 0, and item 1.
  CHECK(difference(run.read(), Reals{8, 10, 1, 1}) < testing::kValueLimit);
}

TEST_CASE("a layer of the state and the reads is added to their sum") {
  Run run(hop_of(2, "mlp", kHard));
  run.set("read_0/query", {0, 0, 0, 0});
  run.set("read_1/query", {-2, 0, 0, -2});
  // Of [u, o_0, o_1]: the first unit takes u_0 + the first unit of o_0, the second one what is left of o_1 above 3.
  run.set("combine/inner/weight", {1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  run.set("combine/inner/bias", {0, -3});
  run.set("combine/outer/weight", {0, 1, 10, 0});
  run.set("combine/outer/bias", {0, 100});
  // Row 0: u = 1, 0; o_0 = 5, 6; o_1 = 3, 4: inner 6, 1. Row 1: u = 0, 2; o_0 = -1, 0; o_1 = 2, 1: inner 0, 0.
  CHECK(difference(run.read(), Reals{8 + 1, 10 + 160, 1, 101}) < testing::kValueLimit);
}

TEST_CASE("one read of a hop is the read of its site") {
  Run run(hop_of(1));
  const double total = std::exp(1) + std::exp(0) + std::exp(2);
  const double first = (1 * std::exp(1) + 3 * std::exp(0) + 5 * std::exp(2)) / total;
  CHECK(std::abs(run.read()[0] - first) < 10 * testing::kValueLimit);
}

TEST_CASE("hard reads gather one row each") {
  for (const Extent reads : {1, 2, 5}) {
    Run run(hop_of(reads, "mlp", kHard));
    run.read();
    const auto counters = run.execution().take_counters();
    CHECK(counters.size() == static_cast<std::size_t>(reads));
    for (const auto& [site, counter] : counters) CHECK(counter.gathered_rows == 2);
  }
}

TEST_CASE("several reads of a hop have the gradients that central differences give") {
  for (const char* combine : {"sum", "mlp"}) {
    for (const bool has_linear_share : {false, true}) {
      CAPTURE(combine);
      CAPTURE(has_linear_share);
      Hop hop = hop_of(3, combine, "bilinear | dense | softmax | none");
      hop.has_linear_share = has_linear_share;
      Run run(hop);
      CHECK(run.gradient_error({{"read", 2}}) < test::kGradientLimit);
    }
  }
}

}  // namespace fovea
