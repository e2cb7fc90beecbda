#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "modules/transformer/transformer.h"
#include "tests/support/model_run.h"

using namespace fovea;

namespace {

TransformerOptions small() {
  TransformerOptions options;
  options.layers = 1;
  options.heads = 2;
  options.hidden = 5;
  options.dropout = 0;
  options.longest = 4;
  options.reach = 2;
  return options;
}

std::shared_ptr<const Graph> encoder_of(const TransformerOptions& options) {
  Builder b;
  const Value mask = b.constant("mask", {2, 3}, std::vector<Index>{1, 1, 1, 1, 1, 0});
  b.output("y", transformer_encoder(b, "encoder", b.parameter("x", {2, 3, 4}, Init::normal(1)), mask, options));
  return b.freeze();
}

std::shared_ptr<const Graph> decoder_of(const TransformerOptions& options) {
  Builder b;
  const DecoderMemory memory{.items = b.parameter("memory", {2, 2, 3}, Init::normal(1)),
                             .mask = b.constant("mask", {2, 2}, std::vector<Index>{1, 1, 1, 0})};
  b.output("y", transformer_decoder(b, "decoder", b.parameter("x", {2, 3, 4}, Init::normal(1)), memory, options));
  return b.freeze();
}

/// The first row of y after items `first` and `second` of row 0 were exchanged, minus y exchanged in the same way.
double order_error(const TransformerOptions& options, Extent first, Extent second) {
  test::ModelRun run(encoder_of(options));
  run.run({});
  std::vector<Real> y(run.output("y").real(), run.output("y").real() + 12);
  std::swap_ranges(y.begin() + first * 4, y.begin() + first * 4 + 4, y.begin() + second * 4);
  Real* x = run.parameter("x").real();
  std::swap_ranges(x + first * 4, x + first * 4 + 4, x + second * 4);
  run.run({});
  double worst = 0;
  for (std::size_t i = 0; i < 12; ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(run.output("y").real()[i] - y[i])));
  }
  return worst;
}

}  // namespace

TEST_CASE("gradients of encoder and decoder blocks agree with central differences") {
  for (const char* norm : {"pre", "post"}) {
    for (const char* positions : {"none", "sinusoid", "learned", "rotary", "relative"}) {
      CAPTURE(norm);
      CAPTURE(positions);
      TransformerOptions options = small();
      options.norm = norm;
      options.positions = positions;
      CHECK(test::ModelRun(encoder_of(options)).gradient_error({{"y", 1}}) < test::kGradientLimit);
      CHECK(test::ModelRun(decoder_of(options)).gradient_error({{"y", 2}}) < test::kGradientLimit);
    }
  }
}

TEST_CASE("the gradient of blocks with dropout is that of the elements that were kept") {
  TransformerOptions options = small();
  options.dropout = 0.3;
  CHECK(test::ModelRun(encoder_of(options)).gradient_error({{"y", 1}}) < test::kGradientLimit);
}

TEST_CASE("without positions an encoder treats items alike; with any of them it does not") {
  TransformerOptions options = small();
  options.positions = "none";
  CHECK(order_error(options, 0, 2) < (sizeof(Real) == 8 ? 1e-12 : 1e-5));
  for (const char* positions : {"sinusoid", "learned", "rotary"}) {
    CAPTURE(positions);
    options.positions = positions;
    CHECK(order_error(options, 0, 2) > 1e-4);
  }
}

TEST_CASE("a decoder does not see what comes later in its own sequence") {
  test::ModelRun run(decoder_of(small()));
  run.run({});
  const std::vector<Real> before(run.output("y").real(), run.output("y").real() + 12);
  for (Extent d = 0; d < 4; ++d) run.parameter("x").real()[8 + d] += Real(1);
  run.run({});
  CHECK(std::equal(before.begin(), before.begin() + 8, run.output("y").real()));
  CHECK_FALSE(std::equal(before.begin() + 8, before.end(), run.output("y").real() + 8));
}

TEST_CASE("padding changes nothing but itself in an encoder, and nothing in a decoder that reads it") {
  test::ModelRun encoder(encoder_of(small()));
  test::ModelRun decoder(decoder_of(small()));
  encoder.run({});
  decoder.run({});
  const std::vector<Real> encoded(encoder.output("y").real(), encoder.output("y").real() + 20);
  const std::vector<Real> decoded(decoder.output("y").real(), decoder.output("y").real() + 24);
  encoder.parameter("x").real()[20] += Real(1);
  decoder.parameter("memory").real()[9] += Real(1);
  encoder.run({});
  decoder.run({});
  CHECK(std::equal(encoded.begin(), encoded.end(), encoder.output("y").real()));
  CHECK(std::equal(decoded.begin(), decoded.end(), decoder.output("y").real()));
}

TEST_CASE("post-norm blocks give normalised items") {
  TransformerOptions options = small();
  options.norm = "post";
  test::ModelRun run(encoder_of(options));
  run.run({});
  const Real* y = run.output("y").real();
  for (Extent row = 0; row < 6; ++row) {
    CHECK(std::abs(static_cast<double>(y[4 * row] + y[4 * row + 1] + y[4 * row + 2] + y[4 * row + 3])) < 1e-5);
  }
}

TEST_CASE("an unknown norm, activation or kind of position is an error with the known names") {
  TransformerOptions options = small();
  options.norm = "prae";
  CHECK_THROWS_WITH_AS(encoder_of(options), doctest::Contains("pre"), Error);
  options = small();
  options.positions = "sinus";
  CHECK_THROWS_WITH_AS(decoder_of(options), doctest::Contains("sinusoid"), Error);
}
