#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "framework/attention/choice.h"
#include "framework/core/registry.h"
#include "framework/graph/builder.h"

namespace fovea {

/// One batch element whose rows m of M are shared out among experts e of E, K places for each row.
struct Assignment {
  Extent rows = 0;             // M
  Extent experts = 0;          // E
  Extent places = 0;           // K
  ConstRow gates;              // [M, E], >= 0; 0: the site does not offer this expert to the row
  ConstRow scores;             // [M, E], where the policy reads them
  ConstRow bias;               // [E], where it has one
  std::span<const Index> ids;  // [M], where it reads them
  Rng rng;
  Mode mode = Mode::kTrain;
  Row scratch;  // [RoutingPolicy::scratch]

  // Filled by the policy; before that, wanted and kept are -1, counts and dropped 0.
  std::span<Index> wanted;   // [M, K]: what a row asks for, best first, whether there is room or not
  std::span<Index> kept;     // [M, K]: what it gets, in the first `count` places
  std::span<Index> counts;   // [M]
  std::span<Index> dropped;  // [M]: what found no room

  std::size_t pair(Extent row, Extent expert) const { return static_cast<std::size_t>(row * experts + expert); }
  Index& wanted_of(Extent row, Extent place) const { return wanted[row * places + place]; }
  /// What is beyond the places of a row is counted, and refused after `assign`.
  void keep(Extent row, Extent expert) const {
    const Extent place = counts[row]++;
    if (place < places) kept[row * places + place] = static_cast<Index>(expert);
  }
  void drop(Extent row) const { ++dropped[row]; }
};

/// How rows are shared out among experts, once a site has said what each row may have: all rows of a batch element
/// together, so that experts can be given room. Ties go to the lowest index.
///
/// A plugin: one file in modules/policies, ended by FOVEA_POLICY("name", Class, R"doc(docstring)doc"). Stateless; allocates
/// nothing in `assign`.
class RoutingPolicy {
 public:
  static constexpr const char* kKind = "policy";

  struct Traits {
    bool has_site = true;  // false: nothing is scored, and every gate is 1
    bool reads_scores = false;
    bool reads_ids = false;      // of the rows: Index [B, M]
    bool is_normalised = false;  // weights are divided by the sum of the gates that the row wanted
  };

  virtual ~RoutingPolicy() = default;
  virtual void fields(Options& options);
  virtual Traits traits() const { return {}; }
  /// The most experts of a row, where the site offers as many as `offered` of E.
  virtual Extent places(Extent experts, Extent offered) const = 0;
  virtual Extent scratch(Extent rows, Extent experts) const;
  virtual void assign(const Assignment& run) const = 0;

  /// A weight [E, D]: in training, scores get normal noise of the deviation softplus(x weight^T) before the site chooses;
  /// empty: no noise.
  virtual Value noise(Builder& builder, Extent experts, Extent width) const;
  /// A bias [E], moved by -rate sign(load - mean load) after each step of training, load being what rows wanted; empty:
  /// none.
  virtual Value bias(Builder& builder, Extent experts) const;
};

template <>
Registry<RoutingPolicy>& Registry<RoutingPolicy>::instance();

/// For policies: the next best expert of a row after the previous one (-1: the best), by preference [M, E], among those with
/// a gate; -1: there is none.
Extent next_best(const Assignment& run, ConstRow preference, Extent row, Extent before);

/// The k best experts of each row by preference are wanted and kept.
void keep_best_of_rows(const Assignment& run, ConstRow preference, Extent k);

/// Room of an expert: ceil(factor K M / E) rows, at least 1; K the experts that a row wants.
Extent room_of(double factor, Extent wanted, Extent rows, Extent experts);

/// Each row goes to its best expert by preference that has room, in rounds: in round r all rows without one, in order, try
/// the expert that is r-th best for them, for at most `rounds` rounds. scratch [E]
void keep_where_room(const Assignment& run, ConstRow preference, Extent room, Extent rounds);

}  // namespace fovea

#define FOVEA_POLICY(name, Class, doc) FOVEA_REGISTER(::fovea::RoutingPolicy, name, Class, doc)
