#include "modules/memory/stories/story_places.h"

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/core/span.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

class StoryPlacesOp final : public Op {
 public:
  explicit StoryPlacesOp(const StoryTime& options) : options_(options) {}

  std::string_view name() const override { return "story_places"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"story Index [B, N, J]"});
    if (types["N"] > options_.places) {
      reject(name(), describe("story", in[0]) + " does not fit " + std::to_string(options_.places) +
                         " places; give a story [B, N, J] with at most as many sentences N.");
    }
    return {types.type("Index [B, N]")};
  }

  void forward(const OpRun& run) const override {
    const Shape& story = run.in[0].shape();
    const bool is_noisy = options_.noise > 0 && run.context->mode == Mode::kTrain;
    for (Extent b = 0; b < story[0]; ++b) {
      const Index* words = run.in[0].index() + b * story[1] * story[2];
      const std::span<Index> places = span_of(run.out[0].index() + b * story[1], story[1]);
      const Extent count = number(words, story[2], places);
      if (is_noisy) move(run.rng(b), count, places);
    }
  }

  bool is_differentiable() const override { return false; }

 private:
  /// Places without noise; returns how many sentences are not empty.
  Extent number(const Index* words, Extent length, std::span<Index> places) const {
    Extent count = 0;
    for (Index& place : places) {
      const bool is_empty = options_.has_null && std::all_of(words, words + length, [](Index word) { return word == 0; });
      place = is_empty ? -1 : options_.count == StoryTime::Count::kAges ? 0 : static_cast<Index>(&place - places.data());
      count += is_empty ? 0 : 1;
      words += length;
    }
    if (options_.count != StoryTime::Count::kAges) return count;
    Index age = static_cast<Index>(count);
    for (Index& place : places) {
      if (place >= 0) place = --age;
    }
    return count;
  }

  /// Walks away from place 0 over `count` sentences and `empty` memories, with all arrangements equally likely.
  void move(Rng rng, Extent count, std::span<Index> places) const {
    Extent empty = rng.between(0, static_cast<Extent>(std::ceil(options_.noise * static_cast<double>(count))));
    Index shift = 0;
    const auto visit = [&](Index& place) {
      if (place < 0) return;
      for (; rng.below(count + empty) >= count; --empty) ++shift;
      --count;
      place = static_cast<Index>(std::min<Extent>(place + shift, options_.places - 1));
    };
    if (options_.count == StoryTime::Count::kAges) {
      std::for_each(places.rbegin(), places.rend(), visit);
    } else {
      std::for_each(places.begin(), places.end(), visit);
    }
  }

  StoryTime options_;
};

}  // namespace

Value story_places(Value story, const StoryTime& options, At at) {
  if (!(options.noise >= 0 && options.noise <= 1)) {
    throw Error("story_places", "a share of empty memories in [0, 1] was expected; " + std::to_string(options.noise) +
                                    " came; give such a share (at " + at.text() + ").");
  }
  return story.builder().add(std::make_shared<StoryPlacesOp>(options), {story}, "", at);
}

}  // namespace fovea
