#include "modules/memory/memn2n.h"

#include "framework/core/error.h"

namespace fovea {

void MemN2NOptions::fields(Options& options) {
  options.add("width", width, "of an embedded sentence D, >= 1", {.low = 1});
  options.add("slots", slots, "the most sentences of a story, >= 1", {.low = 1});
  options.add("hops", hops, "reads of the story, >= 1", {.low = 1});
  options.add("tying", tying, "of the tables of different hops", {"adjacent", "layer_wise"});
  options.add("encoding", encoding, "of a sentence", {"position", "bag_of_words"});
  options.add("site", site, "of the reads: scorer | pattern | selector | estimator");
}

MemN2N::MemN2N(Builder& builder, MemN2NOptions options, At at) : options_(std::move(options)) {
  if (options_.words < 1) {
    throw Error(builder.path(), "a vocabulary of at least one word was expected; words is " +
                                    std::to_string(options_.words) + "; set it (at " + at.text() + ").");
  }
  const Shape table{options_.words, options_.width};
  for (Extent k = 0; k <= (is_adjacent() ? options_.hops : 1); ++k) {
    const std::string number = std::to_string(k);
    memories_.push_back({builder.parameter("embedding_" + number, table, Init::normal(0.1), at),
                         builder.parameter("temporal_" + number, {options_.slots, options_.width}, Init::normal(0.1), at)});
  }
  if (is_adjacent()) {
    question_ = memories_.front().embedding;
    answer_ = memories_.back().embedding;
  } else {
    question_ = builder.parameter("embedding_question", table, Init::normal(0.1), at);
    answer_ = builder.parameter("embedding_answer", table, Init::normal(0.1), at);
    state_ = builder.parameter("state", {options_.width, options_.width}, {}, at);
  }
  for (Extent hop = 0; hop < options_.hops; ++hop) {
    const auto scope = builder.scope("hop_" + std::to_string(hop));
    sites_.emplace_back(builder, options_.site, options_.width, options_.width, at);
  }
}

Value MemN2N::encoded(Value words, Value table) const {
  const bool by_position = options_.encoding == "position";
  return encode_sentence(embedding(words, table), by_position ? SentenceEncoding::kPosition : SentenceEncoding::kBagOfWords);
}

Value MemN2N::slots_of(Value story, const Memory& memory) const {
  return add(encoded(story, memory.embedding), slice_like(memory.temporal, 0, story, 1));
}

MemN2N::Answer MemN2N::operator()(Value story, Value question, Value mask) {
  std::vector<Value> slots;
  for (const Memory& memory : memories_) slots.push_back(slots_of(story, memory));
  Answer answer;
  Value state = encoded(question, question_);
  for (std::size_t hop = 0; hop < sites_.size(); ++hop) {
    const std::size_t first = is_adjacent() ? hop : 0;
    const Value keys = sites_[hop].prepare_keys(slots[first]);
    answer.hops.push_back(sites_[hop].attend(
        {.queries = unsqueeze(state, 1), .prepared_keys = keys, .values = slots[first + 1], .mask = mask}));
    state = add(is_adjacent() ? state : linear(state, state_), squeeze(answer.hops.back().read, 1));
  }
  answer.scores = linear(state, answer_);
  return answer;
}

}  // namespace fovea
