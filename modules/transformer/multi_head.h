#pragma once

#include <string>
#include <vector>

#include "framework/attention/site/site.h"
#include "framework/graph/functions.h"

namespace fovea {

/// How the heads of a layer attend.
struct MultiHeadOptions {
  Extent heads = 4;
  std::string site = "scaled_dot | dense | softmax | none";  // of every head; a causal layer names the pattern `causal`
  enum class Positions : std::uint8_t { kNone, kRotary, kRelative };
  Positions positions = Positions::kNone;
  Extent reach = 16;  // relative: the farthest distance with its own bias, >= 1
  /// Rows: every head scores, chooses and is recorded on its own, with scores [M, N]. Tiles: all heads are one site, and no
  /// [M, N] exists; see Site::attend_heads.
  enum class Kernel : std::uint8_t { kRows, kTiles };
  Kernel kernel = Kernel::kRows;
};

/// The layers around the heads: weight [E, width of what they read], bias [E].
struct HeadProjections {
  struct Layer {
    Value weight;
    Value bias;
  };
  Layer query, key, value, output;
};

/// Attention by several heads, each over its own part of the projected queries, keys and values.
///
/// Solves    y = Wo [read_1, ..., read_H] + bo; head h reads through its own site: its queries, keys and values are
///           block h of Wq x + bq, Wk m + bk and Wv m + bv, where m is the memory, or x itself.
/// Shapes    queries [B, M, E], memory [B, N, D] or empty (self-attention), mask Index [B, M, N] or [B, N] or empty, 1 =
///           allowed, or instead, for self-attention, segments Index [B, M]: packed sequences, a position sees those of
///           its segment, which is not negative -> y [B, M, E]. Parameters query, key, value, output (weight, bias), and
///           those of the sites, at head_1, head_2, ...: every head scores, chooses and is recorded on its own; in tiles at
///           `heads`.
/// Gradient  that of the sites.
/// Errors    segments beside a mask or a memory, or where a pattern groups keys; E not a multiple of the heads; rotary
///           positions with heads of odd width; a table of distances below 1; in tiles relative positions, a mask of
///           pairs, and what attend_heads cannot do.
/// Cost      4 B T E^2 multiply-adds for the layers (M = N = T), and that of the sites.
/// Source    Vaswani et al. 2017, arXiv:1706.03762, section 3.2.2.
class MultiHeadAttention {
 public:
  struct Widths {
    Extent queries = 0;
    Extent memory = 0;
  };
  MultiHeadAttention(Builder& builder, const std::string& name, Widths widths, const MultiHeadOptions& options,
                     At at = At::here());
  /// The same with layers that exist already.
  MultiHeadAttention(Builder& builder, const HeadProjections& layers, const MultiHeadOptions& options, At at = At::here());

  struct Inputs {
    Value queries;
    Value memory{};
    Value mask{};
    Value segments{};
  };
  struct Result {
    Value y;
    std::vector<Attended> heads;
  };
  Result attend(const Inputs& inputs, At at = At::here());

 private:
  struct Head {
    Site site;
    Value distances;  // [2 reach + 1], or empty
  };
  void declare_heads(Builder& builder, At at);
  void check_segments(const Inputs& inputs, At at) const;
  struct Projected {
    Value queries, keys, values;
  };
  Attended attend_tiles(const Projected& projected, const Inputs& inputs, At at);

  MultiHeadOptions options_;
  HeadProjections layers_;
  Extent width_ = 0;  // of a head
  std::vector<Head> heads_;
};

}  // namespace fovea
