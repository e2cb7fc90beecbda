#pragma once

#include <string>

#include "framework/core/options.h"
#include "framework/graph/builder.h"
#include "framework/ops/checks.h"

namespace fovea {

/// The best of all pairs of two short lists of keys, and the values that belong to them.
///
/// Solves    a key is a pair (i, j) of half keys, its slot is n = i S + j, its score s_n = q_1 . c_i + q_2 . c'_j with q =
///           [q_1, q_2]; kept = the K slots with the largest score of all N = S^2, ties to the lowest; w = softmax of s
///           over kept; read = sum over heads and kept of w_n v_n. The best K pairs are among those of the best K of each
///           half.
/// Shapes    query [R, H, 2 D], half keys [H, 2, S, D], values [S^2, V] -> read [R, V], weights [R, H, K], kept Index [R, H,
///           K], best first.
/// Gradient  exact where the kept set does not change; it touches K values and 2 K half keys a head.
/// Errors    K above S.
/// Cost      forward R H (2 S D + K log K + K V): of order sqrt(N); backward R H K (2 D + 2 V).
/// Source    Lample et al. 2019, arXiv:1907.05242, section 3.
OpPointer make_product_keys(Extent kept);

struct ProductKeyOptions {
  Extent heads = 4;
  Extent half_keys = 128;  // S: the memory has S^2 slots
  Extent query_width = 64;
  std::string site = "dot | dense | top_k(32) | none";

  void fields(Options& options);
};

/// A memory layer of product keys: a network that reads few of very many values, instead of a feed-forward block.
///
/// Solves    q = W x + b for each head; then make_product_keys.
/// Shapes    x [..., D] -> [..., V]. Parameters at the scope of the name: query/weight, query/bias, keys [H, 2, S,
///           query_width / 2], values [S^2, V], shared by all heads.
/// Gradient  exact; that of the values touches the kept rows. A trainer still clears and adds the gradients of all
///           values.
/// Errors    an odd query width; a site that is not "dot | dense | top_k(k) | none"; k above the half keys.
/// Cost      see make_product_keys.
/// Source    Lample et al. 2019, arXiv:1907.05242, sections 3.1 to 3.3, without their normalisation of queries over the
///           batch.
Value product_key_memory(Builder& builder, const std::string& name, Value x, Extent value_width,
                         const ProductKeyOptions& options);

}  // namespace fovea
