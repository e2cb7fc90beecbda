#pragma once

#include <memory>
#include <string>

#include "framework/attention/site/site_text.h"
#include "framework/graph/builder.h"

namespace fovea {

/// What a site gives. Shapes: M queries, K = the capacity of the selector for N items.
struct Attended {
  Value read;      // [B, M, V]; empty where no values were given
  Value scores;    // [B, M, N], before masking and before what a pattern adds
  Value kept;      // Index [B, M, K]: item of each kept place, -1 past `count`
  Value weights;   // [B, M, K], 0 past `count`
  Value count;     // Index [B, M]
  Value log_prob;  // [B, M]
};

/// One place of a model where something is chosen. Declare it once (parameters at the builder's scope), prepare keys once,
/// then attend any number of times, also from inside a loop.
class Site {
 public:
  Site(Builder& builder, std::string_view text, Extent query_width, Extent key_width, At at = At::here());
  ~Site();
  Site(Site&&) noexcept;

  /// keys [B, N, Dk]. A mask Index [B, N] says which of them are there to a pattern that groups keys; attend masks them.
  Value prepare_keys(Value keys, Value mask = {}, At at = At::here());
  /// queries [B, M, Dq], prepared from prepare_keys, values [B, N, V] or empty, mask Index [B, M, N] or [B, N] or empty
  /// (1 = allowed), bias [B, M, N] of the scores, or what broadcasts to it, or empty, sharpness [B, M] or empty: a factor
  /// per query, applied to its scores before the bias. right Index [B, M] or empty: the item
  /// that should be chosen, -1 where it is not known; results report how often it was. A row with nothing allowed gives
  /// weights 0, count 0 and gradient 0.
  struct Inputs {
    Value queries;
    Value prepared_keys;
    Value values{};
    Value mask{};
    Value bias{};
    Value sharpness{};
    Value right{};
  };
  Attended attend(const Inputs& inputs, At at = At::here());
  Value scores(Value queries, Value prepared_keys, At at = At::here());
  /// True: backward needs the gradient of the weight of every item, not of the kept ones alone.
  bool reads_all() const;
  /// True: whether a query sees a key depends on the other keys, as in content_clusters.
  bool groups_keys() const;

  /// Several heads at once, in tiles: no [M, N] exists, forward or backward, and all cores work on one batch element.
  ///
  /// Solves    read_m = sum over kept n of weights_mn values_n, head by head. Softmax over pairs by place goes to
  ///           make_tile_attention; pairs that data choose are found by make_find_pairs, then these alone are worked on.
  /// Shapes    queries [B, M, H D], items [B, N, G D], values [B, N, G V], D up to 128, mask Index [B, N] or empty (1 =
  ///           allowed), segments Index [B, M] and [B, N] or empty: a pair exists only where the two are equal and >= 0 ->
  ///           read [B, M, H V]; scores, kept and weights [B, H M, K], count and log_prob, where data or a selector choose.
  ///           A row h M + m belongs to query m of head h.
  /// Gradient  that of the site.
  /// Errors    scorers other than dot products, patterns that weigh pairs or cannot choose in tiles, estimators that learn
  ///           from what is read, blocks whose numbers are annealed, segments where a pattern groups keys.
  /// Cost      an estimator that asks for the gradient of every weight reads all that the pattern leaves of a row.
  struct Heads {
    Value queries;
    Value items;
    Value values;
    Value mask{};
    Value query_segments{};
    Value item_segments{};
    Extent heads = 1;       // H
    Extent item_heads = 1;  // G, a divisor of H
  };
  Attended attend_heads(const Heads& inputs, At at = At::here());

  const std::string& text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fovea
