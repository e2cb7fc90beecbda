#include "modules/memory/stories/memn2n.h"

#include "framework/anneal/annealing.h"
#include "framework/core/error.h"
#include "modules/memory/stories/story_places.h"

namespace fovea {
namespace {

/// x [..., D] with the negative ones among the first half of the units set to 0.
Value relu_of_half(Value x) {
  const Extent half = (x.shape().last() + 1) / 2;
  if (half == x.shape().last()) return relu(x);
  return concat({relu(slice(x, -1, 0, half)), slice(x, -1, half)}, -1);
}

/// A table [V, D] whose row 0 is 0 and gets no gradient.
Value without_null(Value table) {
  std::vector<Real> factors(static_cast<std::size_t>(table.shape()[0]), Real{1});
  factors[0] = 0;
  return multiply(table, table.builder().constant("words", {table.shape()[0], 1}, factors));
}

}  // namespace

void MemN2NOptions::fields(Options& options) {
  options.add("width", width, "of an embedded sentence D, >= 1", {.low = 1});
  options.add("slots", slots, "the most sentences of a story, >= 1", {.low = 1});
  options.add("hops", hops, "reads of the story, >= 1", {.low = 1});
  options.add("reads", reads, "at each hop, >= 1", {.low = 1});
  options.add("combine", combine, "of the reads of a hop: their sum, or a layer of them and the state", {"sum", "mlp"});
  options.add("tying", tying, "of the tables of different hops", {"adjacent", "layer_wise"});
  options.add("state_map", state_map,
              "H of the state: none, one shared by all hops or one a hop; tied: shared if layer-wise",
              {"tied", "none", "shared", "hop"});
  options.add("encoding", encoding, "of a sentence", {"position", "centred_position", "bag_of_words", "gru"});
  options.add("time", time, "what tells sentences apart: the slot, the age or nothing", {"slot", "age", "none"});
  options.add("time_noise", time_noise, "most empty memories put in while training, share of a story in [0, 1]",
              {.low = 0, .high = 1});
  options.add("linear_start", linear_start, "share in [0, 1] of a read without softmax, a number or an annealing");
  options.add("gate", gate, "of what is read into the state: none, one a hop or one shared by all",
              {"none", "hop", "shared"});
  options.add("nonlinear", nonlinear, "true: half of the units of the state are rectified after each hop");
  options.add("null_word", null_word, "true: word 0 is padding");
  options.add("site", site, "of the reads: scorer | pattern | selector | estimator");
}

void MemN2NOptions::start_linearly(Extent steps) {
  if (steps <= 0 || linear_start != "0") return;
  linear_start = "linear(from=1, to=0, steps=1, begin=" + std::to_string(steps - 1) + ")";
}

MemN2N::MemN2N(Builder& builder, MemN2NOptions options, At at) : options_(std::move(options)) {
  if (options_.words < 1) {
    throw Error(builder.path(), "a vocabulary of at least one word was expected; words is " +
                                    std::to_string(options_.words) + "; set it (at " + at.text() + ").");
  }
  if (options_.time_noise > 0 && options_.time == "none") {
    throw Error(builder.path(), "noise in time needs time; time_noise is " + std::to_string(options_.time_noise) +
                                    " and time is none; set time=slot or time=age (at " + at.text() + ").");
  }
  declare_tables(builder, at);
  if (options_.encoding == "gru") gru_.emplace(builder, "gru", options_.width, options_.width, at);
  declare_maps(builder, at);
  declare_hops(builder, at);
  if (options_.linear_start != "0") {
    linear_share_ = annealed_number(builder, "linear_start", options_.linear_start, {.low = 0, .high = 1});
  }
}

void MemN2N::declare_tables(Builder& builder, At at) {
  const Shape table{options_.words, options_.width};
  const Init init = Init::normal(0.1);
  for (Extent k = 0; k <= (is_adjacent() ? options_.hops : 1); ++k) {
    const std::string number = std::to_string(k);
    embeddings_.push_back(builder.parameter("embedding_" + number, table, init, at));
    if (options_.time == "none") continue;
    temporals_.push_back(builder.parameter("temporal_" + number, {options_.slots, options_.width}, init, at));
  }
  if (is_adjacent()) {
    question_ = embeddings_.front();
    answer_ = embeddings_.back();
  } else {
    question_ = builder.parameter("embedding_question", table, init, at);
    answer_ = builder.parameter("embedding_answer", table, init, at);
  }
  if (options_.null_word) answer_ = without_null(answer_);
}

void MemN2N::declare_maps(Builder& builder, At at) {
  const auto map = [&](const std::string& name) {
    return builder.parameter(name, {options_.width, options_.width}, Init::normal(0.1), at);
  };
  const bool is_tied = options_.state_map == "tied";
  if (options_.state_map == "none" || (is_tied && is_adjacent())) return;
  for (Extent hop = 0; hop < options_.hops; ++hop) {
    const bool is_own = options_.state_map == "hop";
    maps_.push_back(is_own ? map("state_" + std::to_string(hop)) : hop == 0 ? map("state") : maps_.front());
  }
}

void MemN2N::declare_hops(Builder& builder, At at) {
  const auto gate = [&](const std::string& name) {
    const auto scope = builder.scope(name);
    return Gate{builder.parameter("weight", {options_.width, options_.width}, Init::normal(0.1), at),
                builder.parameter("bias", {options_.width}, Init::zero(), at)};
  };
  for (Extent hop = 0; hop < options_.hops; ++hop) {
    if (options_.gate == "hop") gates_.push_back(gate("gate_" + std::to_string(hop)));
    if (options_.gate == "shared") gates_.push_back(hop == 0 ? gate("gate") : gates_.front());
    const auto scope = builder.scope("hop_" + std::to_string(hop));
    const HopReadsOptions reads{options_.width, options_.reads, options_.combine, options_.site};
    hops_.emplace_back(builder, reads, at);
  }
}

std::vector<Value> MemN2N::encoded(Value words, const std::vector<Value>& tables, const std::vector<Value>& places,
                                   Value numbers) const {
  const WordsToEncode in{.words = words,
                         .tables = tables,
                         .places = places,
                         .numbers = numbers,
                         .encoding = encoding_of(options_.encoding),
                         .has_null = options_.null_word};
  return gru_ ? (*gru_)(in) : encode_words(in);
}

std::vector<Value> MemN2N::slots_of(Value story) const {
  Value numbers;
  if (options_.time == "age" || options_.time_noise > 0 || (options_.time == "slot" && options_.null_word)) {
    const bool is_age = options_.time == "age";
    numbers = story_places(story, {.count = is_age ? StoryTime::Count::kAges : StoryTime::Count::kSlots,
                                   .places = options_.slots,
                                   .noise = options_.time_noise,
                                   .has_null = options_.null_word});
  }
  return encoded(story, embeddings_, temporals_, numbers);
}

Value MemN2N::next_state(std::size_t hop, Value state, Value read) const {
  const Value carried = maps_.empty() ? state : linear(state, maps_[hop]);
  Value next;
  if (gates_.empty()) {
    next = add(carried, read);
  } else {  // t o + (1 - t) u
    const Value gate = sigmoid(linear(state, gates_[hop].weight, gates_[hop].bias));
    next = add(carried, multiply(gate, subtract(read, carried)));
  }
  return options_.nonlinear ? relu_of_half(next) : next;
}

Value MemN2N::Answer::chosen(Value story) const {
  std::vector<Value> chosen;
  for (const Attended& read : reads) {
    chosen.push_back(squeeze(argmax(scatter_items(read.weights, read.kept, story)), 1));
  }
  return stack(chosen, 1);
}

MemN2N::Answer MemN2N::operator()(Value story, Value question, Value mask) {
  const std::vector<Value> slots = slots_of(story);
  Answer answer;
  Value state = encoded(question, {question_}, {}, {}).front();
  for (std::size_t hop = 0; hop < hops_.size(); ++hop) {
    const std::size_t first = is_adjacent() ? hop : 0;
    const HopReads::Reads reads = hops_[hop](
        {.state = state, .keys = slots[first], .values = slots[first + 1], .mask = mask, .linear_share = linear_share_});
    answer.reads.insert(answer.reads.end(), reads.sites.begin(), reads.sites.end());
    state = next_state(hop, state, reads.read);
  }
  answer.scores = linear(state, answer_);
  return answer;
}

}  // namespace fovea
