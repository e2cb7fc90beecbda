#include "modules/layers/sentence.h"

#include <doctest/doctest.h>

#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

std::vector<Real> encoded(SentenceEncoding encoding, const Shape& shape, const std::vector<Real>& words) {
  Builder b;
  const Value table = b.parameter("words", shape);
  b.output("y", encode_sentence(table, encoding));
  test::ModelRun run(b.freeze());
  run.set("words", words);
  run.run({{"y", 1}});
  const Tensor y = run.output("y");
  const std::vector<Real> values{y.real(), y.real() + y.size()};
  CHECK(run.gradient_error({{"y", 2}}) < test::kGradientLimit);
  return values;
}

}  // namespace

TEST_CASE("a bag of words forgets their order, position encoding does not") {
  const std::vector<Real> there{1, 2, 3, 4};
  const std::vector<Real> back{3, 4, 1, 2};
  const Shape shape{1, 2, 2};
  CHECK(encoded(SentenceEncoding::kBagOfWords, shape, there) == std::vector<Real>{4, 6});
  CHECK(encoded(SentenceEncoding::kBagOfWords, shape, back) == std::vector<Real>{4, 6});
  // J = D = 2: the first word has the factors 1/2 and 1/2, the second 1/2 and 1.
  CHECK(encoded(SentenceEncoding::kPosition, shape, there) == std::vector<Real>{2, 5});
  CHECK(encoded(SentenceEncoding::kPosition, shape, back) == std::vector<Real>{2, 4});
  // Centred: 5/4 and 3/4, then 3/4 and 5/4.
  CHECK(encoded(SentenceEncoding::kCentredPosition, shape, there) == std::vector<Real>{3.5, 6.5});
}

TEST_CASE("sentences of a batch of stories are encoded one by one") {
  std::vector<Real> words(2 * 3 * 4 * 5);
  Rng().fill_normal(words);
  const std::vector<Real> all = encoded(SentenceEncoding::kPosition, {2, 3, 4, 5}, words);
  REQUIRE(all.size() == 30);
  for (std::size_t s = 0; s < 6; ++s) {
    const auto begin = words.begin() + static_cast<std::ptrdiff_t>(s * 20);
    const std::vector<Real> one = encoded(SentenceEncoding::kPosition, {1, 4, 5}, {begin, begin + 20});
    CHECK(testing::difference(one, {all.begin() + static_cast<std::ptrdiff_t>(s * 5),
                                    all.begin() + static_cast<std::ptrdiff_t>(s * 5 + 5)}) < testing::kValueLimit);
  }
}

}  // namespace fovea
