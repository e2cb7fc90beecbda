#include "modules/memory/stories/story_windows.h"

#include <algorithm>

#include "framework/core/error.h"
#include "framework/ops/checks.h"

namespace fovea {
namespace {

class StoryWindowsOp final : public Op {
 public:
  explicit StoryWindowsOp(Extent width) : width_(width) {}

  std::string_view name() const override { return "story_windows"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 1);
    require_index(name(), in[0], "story");
    if (in[0].shape.rank() != 3) reject(name(), describe("story", in[0]) + " was given; a story is [B, N, J].");
    const Extent words = in[0].shape[1] * in[0].shape[2];
    return {Type{{in[0].shape[0], words, width_}, Kind::kIndex}, Type{{in[0].shape[0], words, 1}, Kind::kIndex}};
  }

  void forward(const OpRun& run) const override {
    const Extent length = run.in[0].shape()[2];
    const Index* story = run.in[0].index();
    for (Extent at = 0; at < run.in[0].size(); ++at) {
      const Index* sentence = story + at / length * length;
      run.out[1].index()[at] = story[at];
      for (Extent w = 0; w < width_; ++w) {
        const Extent place = at % length + w - width_ / 2;
        const bool is_inside = story[at] != 0 && place >= 0 && place < length;
        run.out[0].index()[at * width_ + w] = is_inside ? sentence[place] : 0;
      }
    }
  }

 private:
  Extent width_;
};

class HashOp final : public Op {
 public:
  std::string_view name() const override { return "memories_with_words_of"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 3);
    for (const Type& type : in) require_index(name(), type, "every input");
    if (in[0].shape.rank() != 3 || in[1].shape.rank() != 2 || in[2].shape.rank() != 1 || in[0].shape[0] != in[1].shape[0]) {
      reject(name(), describe("keys", in[0]) + ", " + describe("question", in[1]) + " and " + describe("common", in[2]) +
                         " were given; give keys [B, M, W], a question [B, L] and common [V].");
    }
    return {Type{in[0].shape.without(-1), Kind::kIndex}};
  }

  void forward(const OpRun& run) const override {
    const Shape& keys = run.in[0].shape();
    const Extent length = run.in[1].shape()[1];
    for (Extent b = 0; b < keys[0]; ++b) {
      const std::span question(run.in[1].index() + b * length, static_cast<std::size_t>(length));
      Index* found = run.out[0].index() + b * keys[1];
      const auto words_of = [&](Extent m) {
        return std::span(run.in[0].index() + (b * keys[1] + m) * keys[2], static_cast<std::size_t>(keys[2]));
      };
      const auto counts = [&](Index word) {
        if (word < 0 || word >= run.in[2].size()) reject_index(name(), b, word, 0, run.in[2].size());
        return word != 0 && run.in[2].index()[word] == 0 &&
               std::find(question.begin(), question.end(), word) != question.end();
      };
      for (Extent m = 0; m < keys[1]; ++m) found[m] = std::ranges::any_of(words_of(m), counts) ? 1 : 0;
      if (std::find(found, found + keys[1], 1) != found + keys[1]) continue;
      for (Extent m = 0; m < keys[1]; ++m) {
        found[m] = std::ranges::any_of(words_of(m), [](Index word) { return word != 0; }) ? 1 : 0;
      }
    }
  }
};

}  // namespace

StoryWindows story_windows(Value story, Extent width, At at) {
  if (width < 1 || width % 2 == 0) {
    throw Error("story_windows", "an odd number of words was expected; width is " + std::to_string(width) +
                                     "; give as many words on both sides (at " + at.text() + ").");
  }
  const std::vector<Value> both = story.builder().add_all(std::make_shared<StoryWindowsOp>(width), {story}, "", at);
  return {both[0], both[1]};
}

Value memories_with_words_of(Value keys, Value question, Value common, At at) {
  return innermost({keys, question, common}, at).add(std::make_shared<HashOp>(), {keys, question, common}, "", at);
}

}  // namespace fovea
