#include "modules/memory/stories/story_windows.h"

#include <algorithm>

#include "framework/core/error.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

class StoryWindowsOp final : public Op {
 public:
  explicit StoryWindowsOp(Extent width) : width_(width) {}

  std::string_view name() const override { return "story_windows"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"story Index [B, N, J]"});
    const Extent words = types["N"] * types["J"];
    return {Type{{types["B"], words, width_}, Kind::kIndex}, Type{{types["B"], words, 1}, Kind::kIndex}};
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
    const Signature types(name(), in, {"keys Index [B, M, W]", "question Index [B, L]", "common Index [V]"});
    return {types.type("Index [B, M]")};
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
                                     "; give equally many words on both sides (at " + at.text() + ").");
  }
  const std::vector<Value> both = story.builder().add_all(std::make_shared<StoryWindowsOp>(width), {story}, "", at);
  return {both[0], both[1]};
}

Value memories_with_words_of(Value keys, Value question, Value common, At at) {
  return innermost({keys, question, common}, at).add(std::make_shared<HashOp>(), {keys, question, common}, "", at);
}

}  // namespace fovea
