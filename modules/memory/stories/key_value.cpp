#include "modules/memory/stories/key_value.h"

#include "framework/core/error.h"
#include "modules/memory/stories/story_places.h"
#include "modules/memory/stories/story_windows.h"

namespace fovea {
namespace {

// rows [B, N, D] of sentences -> [B, N J, D], one for each of their words
Value for_each_word(Value rows, Value story) {
  const std::vector<Value> copies(static_cast<std::size_t>(story.shape()[2]), rows);
  return reshape(stack(copies, 2), {0, -1, rows.shape()[2]});
}

}  // namespace

void KeyValueOptions::fields(Options& options) {
  options.add("width", width, "of an embedded sentence D, >= 1", {.low = 1});
  options.add("hops", hops, "reads of the memories, >= 1", {.low = 1});
  options.add("memories", memories, "what a memory is", {"sentences", "windows"});
  options.add("window", window, "words of a window, odd, >= 1", {.low = 1});
  options.add("encoding", encoding, "of a sentence", {"position", "centred_position", "bag_of_words", "gru"});
  options.add("time", time, "what tells sentences apart: the age or nothing", {"age", "none"});
  options.add("time_noise", time_noise, "most empty memories put in while training, share of a story in [0, 1]",
              {.low = 0, .high = 1});
  options.add("hash", hash, "true: only memories that share a word with the question are read");
  options.add("site", site, "of the reads: scorer | pattern | selector | estimator");
}

KeyValueMemory::KeyValueMemory(Builder& builder, KeyValueOptions options, At at) : options_(std::move(options)) {
  if (options_.words < 1) {
    throw Error(builder.path(), "a vocabulary of at least one word was expected; words is " +
                                    std::to_string(options_.words) + "; set it (at " + at.text() + ").");
  }
  const Extent width = options_.width;
  const Init init = Init::normal(0.1);
  key_table_ = builder.parameter("embedding_key", {options_.words, width}, init, at);
  value_table_ = builder.parameter("embedding_value", {options_.words, width}, init, at);
  answer_ = builder.parameter("embedding_answer", {options_.words, width}, init, at);
  if (options_.time == "age") {
    key_places_ = builder.parameter("temporal_key", {options_.places, width}, init, at);
    value_places_ = builder.parameter("temporal_value", {options_.places, width}, init, at);
  }
  if (options_.encoding == "gru") gru_.emplace(builder, "gru", width, width, at);
  for (Extent hop = 0; hop < options_.hops; ++hop) {
    state_.push_back(builder.parameter("state_" + std::to_string(hop), {width, width}, Init::glorot(), at));
    const auto scope = builder.scope("hop_" + std::to_string(hop));
    sites_.emplace_back(builder, options_.site, width, width, at);
  }
}

Value KeyValueMemory::encoded(Value words, Value table) const {
  const WordsToEncode in{.words = words, .tables = {table}, .encoding = encoding_of(options_.encoding), .has_null = true};
  return (gru_ ? (*gru_)(in) : encode_words(in)).front();
}

Value KeyValueMemory::hashed(Value keys, Value question) const {
  std::vector<Index> common(static_cast<std::size_t>(options_.words), 0);
  for (const Extent word : options_.common) common.at(static_cast<std::size_t>(word)) = 1;
  return memories_with_words_of(keys, question, keys.builder().constant("common", {options_.words}, common));
}

KeyValueMemory::Memories KeyValueMemory::memories_of(Value story, Value question) const {
  const bool has_windows = options_.memories == "windows";
  Value keys = story;
  Value values = story;
  if (has_windows) {
    const StoryWindows windows = story_windows(story, options_.window);
    keys = windows.windows;
    values = windows.centres;
  }
  Memories memories{encoded(keys, key_table_), encoded(values, value_table_), {}};
  if (options_.hash) memories.mask = hashed(keys, question);
  if (!options_.hash && has_windows) memories.mask = hashed(keys, full_index(question, 2, 0));  // those that have a word
  if (key_places_.is_empty()) return memories;
  const Value numbers = story_places(
      story, {.count = StoryTime::Count::kAges, .places = options_.places, .noise = options_.time_noise, .has_null = true});
  const Value place = one_hot(numbers, options_.places);  // [B, N, P]
  const auto placed = [&](Value rows, Value places) {
    const Value of_sentences = matmul(place, places);
    return add(rows, has_windows ? for_each_word(of_sentences, story) : of_sentences);
  };
  memories.keys = placed(memories.keys, key_places_);
  memories.values = placed(memories.values, value_places_);
  return memories;
}

KeyValueMemory::Answer KeyValueMemory::operator()(Value story, Value question) {
  const Memories memories = memories_of(story, question);
  Answer answer;
  Value state = encoded(question, key_table_);
  for (std::size_t hop = 0; hop < sites_.size(); ++hop) {
    answer.hops.push_back(sites_[hop].attend({.queries = unsqueeze(state, 1),
                                              .prepared_keys = sites_[hop].prepare_keys(memories.keys, memories.mask),
                                              .values = memories.values,
                                              .mask = memories.mask}));
    state = linear(add(state, squeeze(answer.hops.back().read, 1)), state_[hop]);
  }
  answer.scores = linear(state, answer_);
  return answer;
}

}  // namespace fovea
