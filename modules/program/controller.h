#pragma once

#include <optional>
#include <string>

#include "framework/attention/site/site.h"
#include "framework/core/options.h"
#include "modules/layers/linear.h"
#include "modules/program/views.h"

namespace fovea::program {

/// Options of a controller and of its learning; `fields` adds those that are not properties of the machine.
struct SynthesiserOptions {
  Instructions set;
  Extent longest = 3;  // most instructions of a program
  Extent together = 3;
  Extent features = 128;
  Extent hidden = 96;
  std::string site = "dot | dense | argmax | none";
  Extent samples = 1;     // programs that are tried on the pairs in evaluation, the first of them greedy
  double wrong_bits = 1;  // by reward: the cost of the share of wrong bits, on top of that of failure
  double length = 0.05;   // the cost of every instruction
  double entropy = 0.01;  // taken off the cost for each nat of the entropy of the choices

  void fields(Options& options);
};

/// Looks at the registers as they are and as they are wanted, and chooses the next instruction at three sites.
///
/// Solves    a layer sees the patterns of bits of every view, another joins what the views see; their mean asks at the site
///           "operation" for one of the operations or the halt, which have their own keys. With the operation it asks at
///           the site "destination" for a register, whose key comes from the views that it leads, and at the site "source"
///           for another one, whose key comes from the views that the destination leads. What differs only by the names
///           of registers is seen by the same weights; a small vector for each register tells them apart.
/// Shapes    words Index [B, P, R], wanted Index [B, P, L], of the first L registers.
/// Gradient  of the scores, to all parameters; what is chosen has none.
/// Errors    a selector that may keep several items, where a choice is executed.
/// Cost      of a row, for R = 4 and three registers together: 12 views of 1,024 counts.
class Controller {
 public:
  /// `site`: the text of all three sites.
  Controller(Builder& b, const SynthesiserOptions& options, const std::string& site, Value like);
  /// From now on all but the first of every `copies` rows choose at random, also in evaluation.
  void sample(Extent copies) { copies_ = copies; }

  struct Seen {
    Value all;           // [B, H]
    Value destinations;  // [B, R, H]
    Value sources;       // [B, R, R H], for every destination
  };
  Seen look(Value words, Value wanted) const;

  /// A choice at one site.
  struct Pick {
    Value scores;  // [B, N]
    Value legal;   // Index [B, N]
    Value item;    // Index [B], the item that was chosen, -1 where none was legal
  };
  // `right` is the item that should be chosen, Index [B], for the results; or empty.
  Pick operation(const Seen& seen, Value has_halted, Value right);
  Pick destination(const Seen& seen, Value operation, Value right);
  Pick source(const Seen& seen, Value operation, Value destination, Value right);

 private:
  Pick pick(Site& site, Value query, Value prepared, Value legal, Value right) const;
  Value query(const Linear& layer, const Seen& seen, Value operation) const;

  SynthesiserOptions options_;
  Views views_;
  Extent copies_ = 1;
  std::optional<Linear> patterns_, view_, context_, again_, members_, all_, destination_query_, source_query_;
  Value places_, operations_, destinations_, sources_, to_destinations_, to_sources_, prepared_operations_;
  std::optional<Site> operation_, destination_, source_;
};

}  // namespace fovea::program
