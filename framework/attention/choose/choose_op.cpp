#include "framework/attention/choose/choose_op.h"

#include <algorithm>

#include "framework/attention/choose/backward.h"
#include "framework/attention/choose/forward.h"
#include "framework/attention/choose/memory.h"
#include "framework/attention/given.h"
#include "framework/attention/whole_items.h"
#include "framework/core/error.h"

namespace fovea {
namespace {

void expect(bool holds, const std::string& input, const std::string& expected, const Type& came) {
  if (holds) return;
  throw Error(input + " " + expected + " were expected; " + (came.kind == Kind::kReal ? "Real " : "Index ") +
              came.shape.text() + " came; reshape or convert them.");
}

}  // namespace

ChooseExtents ChooseOp::extents(std::span<const Type> in) const {
  const Shape& scores = in[0].shape;
  const Extent width = setup_.parts.has_values ? in[setup_.inputs.values].shape[2] : 0;
  ChooseExtents extents{scores[0], scores[1], scores[2], 0, width, 0};
  const auto make_room = [&](const Selector& selector) {
    extents.capacity = std::max(extents.capacity, checked_capacity(setup_.estimator, selector, scores[2]));
    extents.scratch = std::max(extents.scratch, scratch_of(selector, scores[2]));
  };
  if (setup_.parts.extremes.empty()) make_room(*setup_.parts.selector);
  for (const auto& extreme : setup_.parts.extremes) make_room(*extreme);
  return extents;
}

std::vector<Type> ChooseOp::infer(std::span<const Type> in) const {
  const Type& scores = in[0];
  expect(scores.kind == Kind::kReal && scores.shape.rank() == 3, "scores", "[B, M, N]", scores);
  const Extent b = scores.shape[0];
  const Extent m = scores.shape[1];
  const Extent n = scores.shape[2];
  if (setup_.parts.has_mask) {
    const Type& mask = in[setup_.inputs.mask];
    const bool fits = mask.shape == Shape{b, n} || mask.shape == Shape{b, m, n};
    expect(mask.kind == Kind::kIndex && fits, "mask Index", Shape{b, n}.text() + " or " + Shape{b, m, n}.text(), mask);
  }
  if (setup_.parts.has_values) {
    const Type& values = in[setup_.inputs.values];
    const bool fits = values.shape.rank() == 3 && values.shape[0] == b && values.shape[1] == n && values.shape[2] > 0;
    expect(values.kind == Kind::kReal && fits, "values",
           "[B, N, V] with B = " + std::to_string(b) + " and N = " + std::to_string(n), values);
  }
  expect_tags(in);
  if (setup_.parts.has_baseline) {
    const Type& baseline = in[setup_.inputs.baseline];
    expect(baseline.kind == Kind::kReal && baseline.shape == Shape{b, m}, "baseline", Shape{b, m}.text(), baseline);
  }
  const ChooseExtents e = extents(in);
  std::vector<Type> types{
      {{b, m, e.capacity}, Kind::kReal}, {{b, m, e.capacity}, Kind::kIndex}, {{b, m}, Kind::kIndex}, {{b, m}, Kind::kReal}};
  if (setup_.parts.has_values) types.push_back({{b, m, e.width}, Kind::kReal});
  if (setup_.parts.has_spread) types.push_back({{b, m, n}, Kind::kReal});
  return types;
}

void ChooseOp::expect_tags(std::span<const Type> in) const {
  const Shape& scores = in[0].shape;
  std::size_t at = setup_.inputs.tags;
  for (const TagChoice* tagger : taggers_of(*setup_.parts.pattern)) {
    for (const int axis : {1, 2}) {
      const Shape expected{scores[0], scores[axis], tagger->tag_count()};
      const Type came = at < in.size() ? in[at] : Type{};
      expect(came.kind == Kind::kIndex && came.shape == expected, "tags Index", expected.text(), came);
      ++at;
    }
  }
}

std::vector<Type> ChooseOp::workspace(std::span<const Type> in) const {
  const bool is_dense = setup_.parts.pattern->is_dense();
  const ChooseExtents e = extents(in);
  const WholeItems* whole_items = setup_.estimator.whole_items;
  return ChooseMemory::workspace(e,
                                 {.dense_weights = is_dense && (setup_.reads_by_product() || setup_.estimator.reads_all()),
                                  .buffers = !is_dense && depends_on_data(*setup_.parts.pattern),
                                  .item_draws = setup_.item_draws(e.items),
                                  .item_scratch = whole_items == nullptr ? 0 : whole_items->item_scratch(e.items, e.width)});
}

std::shared_ptr<const Prepared> ChooseOp::prepare(std::span<const Type> in) const {
  return std::make_shared<ChoosePlan>(extents(in), *setup_.parts.pattern, setup_.parts.products);
}

double ChooseOp::multiply_adds(std::span<const Type> in) const {
  const ChooseExtents e = extents(in);
  return static_cast<double>(e.batch * e.queries * e.capacity) * static_cast<double>(e.width);
}

void ChooseOp::forward(const OpRun& run) const { ChooseForward(run, setup_).pass(); }

void ChooseOp::backward(const OpRun& run) const { ChooseBackward(run, setup_).pass(); }

}  // namespace fovea
