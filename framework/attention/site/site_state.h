#pragma once

#include <map>
#include <utility>

#include "framework/attention/choose/choose_op.h"
#include "framework/attention/site/site.h"
#include "framework/attention/site/site_parts.h"
#include "framework/attention/tiles/find_pairs.h"

// Internal to Site.
namespace fovea {

struct Site::State {
  std::string path;
  std::string text;
  std::unique_ptr<Scorer> scorer;
  std::shared_ptr<const Pattern> pattern;
  std::shared_ptr<const Selector> selector;
  std::vector<std::shared_ptr<const Selector>> extremes;
  std::shared_ptr<Estimator> estimator;
  EstimatorParts estimator_parts() const { return EstimatorParts(*estimator); }
  std::vector<std::pair<std::string, std::shared_ptr<Annealed>>> annealed;  // with the name of each
  std::vector<Value> pattern_parameters;
  std::vector<Value> selector_parameters;
  std::vector<Value> estimator_parameters;
  bool has_penalty = false;  // an attention adds what the pattern asks for
  int advantage_slot = -1;
  std::map<std::string, int> visits;  // by path, to tell apart several attentions of one site

  struct TaggedKeys {
    Value prepared;
    std::vector<KeyTags> tags;  // one for each of `taggers_of` the pattern
  };
  std::vector<TaggedKeys> tagged_keys;

  void parse(const SiteText& site);
  void declare(Builder& builder, Extent query_width, Extent key_width);
  void set_draws(Builder& builder, const Shape& scores, At at) const;
  void check(const SiteText& site, const std::string& where) const;
  void check_widths(Extent query_width, Extent key_width) const;
  std::vector<Value> tags(Value queries, Value prepared_keys) const;
  std::vector<Value> item_parameters(Builder& builder, Value values, At at) const;
  std::string scope_name(const Builder& builder);
  std::unique_ptr<Builder::Scope> enter(Builder& builder, Value values, At at);

  struct Scored {
    Value scores;   // [B, M, N]
    Value queries;  // [B, M, D]
    Value items{};  // [B, N, ...], of all items, also where the scores are those of a list
    Value mask{};
    Value values{};
    std::vector<Value> tags = {};
    Value right{};
    std::shared_ptr<const Pattern> pattern;
    Value list{};             // Index [B, M, N]: what the candidates of a row are; empty: items 0 .. N - 1
    Value* spread = nullptr;  // gets the weights of all candidates [B, M, N]
    Extent heads = 1;         // of the queries, head after head
  };
  Attended choose(const Scored& inputs, At at);
  /// The parts of the op that chooses, as far as the site knows them, and its operands, in their order.
  ChooseParts choose_parts(const Scored& inputs, const Builder& builder);
  std::vector<Value> operands(const Scored& inputs, ChooseParts& parts, At at) const;

  /// What is handled now, with the path of the site and the line of its user: for `catch (...)`.
  Error error_at(At at) const;
  void expect_given(Value value, const std::string& name, At at) const;
  void expect_items(Value scores, Value values, At at) const;

  // Of several heads, in attend_heads.cpp.
  double dot_factor(Value queries, Extent heads) const;
  bool is_plain(const Builder& builder) const;
  bool is_soft_by_place(const Builder& builder) const;
  std::vector<PairTerm> pair_terms(const Builder& builder, Extent items) const;
  Value find(const Heads& inputs, double factor, At at) const;
  Attended attend_listed(const Heads& inputs, double factor, At at);
  bool keeps_best_alone(const Builder& builder) const;
  bool chooses_by_list(const Builder& builder) const;
};

}  // namespace fovea
