#include "modules/seq2seq/choice_decoder.h"

#include <algorithm>
#include <optional>

#include "framework/attention/site/site.h"
#include "framework/attention/site/site_parts.h"
#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/graph/loop.h"
#include "framework/graph/marginal.h"
#include "modules/layers/embedding.h"
#include "modules/layers/linear.h"
#include "modules/recurrent/gru.h"
#include "modules/seq2seq/word_draws.h"
#include "modules/seq2seq/words.h"

namespace fovea::seq2seq {
namespace {

constexpr const char* kWhere = "choice_decoder";
constexpr double kTiny = 1e-20;  // keeps the logarithm of a probability of 0 finite

const ChoiceDecoderOptions& checked(const ChoiceDecoderOptions& options) {
  const std::pair<const char*, Extent> sizes[] = {
      {"words", options.words}, {"outputs", options.outputs}, {"embedding", options.embedding}, {"hidden", options.hidden}};
  for (const auto& [name, value] : sizes) {
    if (value >= 1) continue;
    throw Error(kWhere, std::string("option '") + name + "' must be >= 1; it is " + std::to_string(value) +
                            "; set it to what the task needs.");
  }
  return options;
}

/// What the text of a site says to a decoder.
struct SiteWay {
  SiteText text;
  bool is_softmax = false;  // of every item, at a temperature of 1

  SiteWay(const std::string& whole, const std::string& attention) : text(SiteText::parse(whole)) {
    if (attention != "read" && attention != "marginal" && attention != "draws") {
      throw Error(kWhere, "attention read, marginal or draws was expected; " + in_quotes(attention) + " came; set one.");
    }
    const SiteParts parts(text);
    const bool is_fixed = parts.selector.numbers.empty();
    is_softmax = is_fixed && parts.selector.plugin->traits().softmax_temperature == 1;
    if (!parts.pattern.pattern->is_dense()) {
      throw Error(kWhere,
                  "the pattern dense was expected, because training has a query for each word and evaluation one at a "
                  "time; " +
                      in_quotes(text.pattern) + " came; use dense.");
    }
    if (attention == "marginal" && parse_call(text.estimator).name != "none") {
      throw Error(kWhere, "attention=marginal sums over all choices and leaves nothing to estimate; the estimator " +
                              in_quotes(text.estimator) + " came; use none.");
    }
  }
};

/// The parts of a decoder, declared once and used by both ways of decoding.
class Decoder {
 public:
  Decoder(Builder& b, const Memory& memory, const ChoiceDecoderOptions& options)
      : options_(checked(options)),
        memory_(memory),
        words_(b, "embedding", options.words + 1, options.embedding),
        gru_(b, "gru", options.embedding, options.hidden),
        first_(b, "first", memory.summary.shape().last(), options.hidden),
        inner_(b, "inner", options.hidden, options.hidden),
        items_(linear_layer(b, "items", memory.items, options.hidden, Bias::kNo)),
        outer_(b, "outer", options.hidden, options.words) {}

  /// Declares the site at the scope "attention". In training, draws of each word alone need its scorer only.
  void declare_site(Builder& b) {
    const auto scope = b.scope("attention");
    way_.emplace(b.site_text(options_.site), options_.attention);
    const Extent width = memory_.items.shape().last();
    if (options_.attention == "draws" && b.mode() == Mode::kTrain) {
      scorer_ = SiteParts(way_->text).scorer;
      scorer_->declare(b, options_.hidden, width);
      keys_ = scorer_->prepare_keys(b, memory_.items);
    } else {
      site_.emplace(b, options_.site, options_.hidden, width);
      keys_ = site_->prepare_keys(memory_.items, memory_.mask);
    }
  }

  Value first_state() const { return tanh(first_(memory_.summary)); }
  Value embed(Value words) const { return words_(words); }
  Value step(Value embedded, Value state) const { return gru_.step(embedded, state); }
  /// The states [B, M, H] of all words, those before them given [M, B, E].
  Value states(Value embedded) const { return transpose(gru_.run(embedded, first_state()).states, {1, 0, 2}); }

  /// The costs of targets [B, M] -> [B, M].
  Value costs(Builder& b, Value states, Value targets) {
    const auto scope = b.scope("steps");
    if (options_.attention == "draws") return drawn_costs(b, states, targets);
    const Attended attended = attend(states);
    if (options_.attention == "read") return cross_entropy(word_scores(add(inner_(states), attended.read)), targets);
    const Value likelihoods = negate(costs_of(states, unsqueeze(items_, 1), targets));  // [B, M, N]
    if (!way_->is_softmax) return mixture_cost(spread(attended), likelihoods, targets);
    const Value mask = memory_.mask.is_empty() ? Value{} : unsqueeze(memory_.mask, 1);
    return marginal_cost(attended.scores, likelihoods, targets, mask);
  }

  Attended attend(Value queries, Value right = {}) {
    return site_->attend({.queries = queries,
                          .prepared_keys = keys_,
                          .values = items_,
                          .mask = memory_.mask,
                          .right = right.is_empty() ? right : unsqueeze(right, 1)});
  }

  /// log p of every word, for one query: state [B, H] -> [B, V].
  Value log_probs(Value state, const Attended& attended) const {
    if (options_.attention != "marginal") {
      return log_softmax(word_scores(add(inner_(state), squeeze(attended.read, 1))));
    }
    const Value each = softmax(word_scores(add(unsqueeze(inner_(state), 1), items_)));  // [B, N, V]
    return log(add_scalar(squeeze(matmul(spread(attended), each), 1), kTiny));
  }

  const Memory& memory() const { return memory_; }

 private:
  Value word_scores(Value hidden) const { return outer_(tanh(hidden)); }
  /// The weights of all items [B, M, N], 0 where they are not kept.
  Value spread(const Attended& attended) const { return scatter_items(attended.weights, attended.kept, items_); }
  /// The costs of targets [B, M] for each of the items seen [B, M or 1, N, F] -> [B, M, N].
  Value costs_of(Value states, Value seen, Value targets) const {
    const Value scores = word_scores(add(unsqueeze(inner_(states), 2), seen));  // [B, M, N, V]
    return cross_entropy(scores, repeat_words(targets, scores));
  }

  Value drawn_costs(Builder& b, Value states, Value targets) {
    const auto scope = b.scope("attention");
    const WordDraws draws{way_->text.selector, way_->text.estimator};
    const Value scores = scorer_->score(b, states, keys_);
    const DrawnItems drawn = draw_items(scores, memory_.mask, draws);
    const Extent count = drawn.kept.shape()[2];
    const Value seen = gather_items(items_, reshape(drawn.kept, {0, -1}));  // [B, M R, F]
    const Value costs = costs_of(states, reshape(seen, {0, -1, count, options_.hidden}), targets);
    b.register_site(way_->text.text(), {});
    return drawn_cost(scores, memory_.mask, drawn, costs, draws);
  }

  ChoiceDecoderOptions options_;
  Memory memory_;
  Embedding words_;
  Gru gru_;
  Linear first_, inner_;
  Value items_;  // Q x_n [B, N, F]
  Linear outer_;
  std::optional<SiteWay> way_;
  std::optional<Site> site_;
  std::unique_ptr<Scorer> scorer_;
  Value keys_;
};

}  // namespace

void ChoiceDecoderOptions::fields(Options& options) {
  options.add("embedding", embedding, "width of an embedded word, >= 1", {.low = 1});
  options.add("hidden", hidden, "width of the decoder's state, >= 1", {.low = 1});
}

void teach_choices(Builder& b, const Memory& memory, Value targets, const ChoiceDecoderOptions& options) {
  const auto scope = b.scope("decoder");
  Decoder decoder(b, memory, options);
  decoder.declare_site(b);
  const Value before = decoder.embed(teacher_words(targets, static_cast<Index>(options.words)));  // [M, B, E]
  b.output("cost", mean(decoder.costs(b, decoder.states(before), targets), 1));
}

void decode_choices(Builder& b, const Memory& memory, const ChoiceDecoderOptions& options) {
  const auto scope = b.scope("decoder");
  Decoder decoder(b, memory, options);
  decoder.declare_site(b);
  LoopBuilder loop(b, "steps");
  loop.steps(options.outputs);
  const Value state = loop.carried("state", decoder.first_state());
  const Value word = loop.carried("word", full_index(memory.items, 1, static_cast<Index>(options.words)));
  const Value right = memory.right.is_empty() ? Value{} : loop.stacked("right", transpose(memory.right, {1, 0}));
  const Value next = decoder.step(decoder.embed(word), state);
  const Attended attended = decoder.attend(unsqueeze(next, 1), right);
  const Value log_probs = decoder.log_probs(next, attended);
  const Value best = argmax(log_probs);
  loop.next(state, next);
  loop.next(word, best);
  const Value scores = squeeze(attended.scores, 1);
  const Value looked = memory.mask.is_empty() ? argmax(scores) : masked_argmax(scores, memory.mask);
  const Value answers = loop.stack("answers", best);  // [M, B]
  const Value told = loop.stack("log_prob", negate(cross_entropy(log_probs, best)));
  const Value places = loop.stack("looked", looked);
  loop.finish();
  b.output("answers", transpose(answers, {1, 0}));
  b.output("log_prob", sum(told, 0));
  b.output("looked", transpose(places, {1, 0}));
}

}  // namespace fovea::seq2seq
