#pragma once

#include "framework/ops/checks.h"

// Ops over pairs that are given as lists: Index [B, H M, C], the items of query m of head h in row h M + m, -1: none.
namespace fovea {

struct ListedHeads {
  Extent heads = 1;       // H
  Extent item_heads = 1;  // G, a divisor of H: H / G heads of queries share the items of one
  double scale = 1;       // of scores
};

/// Solves    s_rc = scale q_r . k_n with n = list_rc, 0 where it is -1.
/// Shapes    queries [B, M, H D], items [B, N, G D], list Index [B, H M, C], ascending in each row -> [B, H M, C].
/// Gradient  exact; same bits for any number of threads.
/// Errors    shapes that do not fit; an index outside of [-1, N), when run.
/// Cost      B H M C D multiply-adds forward, twice that backward; no other item is touched.
OpPointer make_listed_scores(const ListedHeads& heads);

/// Solves    read_r = sum over c of w_rc v_n with n = list_rc.
/// Shapes    weights [B, H M, K], list Index [B, H M, K], ascending in each row, values [B, N, G V] -> [B, M, H V].
/// Gradient  exact; same bits for any number of threads.
/// Errors    as above.
/// Cost      as above.
OpPointer make_listed_read(const ListedHeads& heads);

/// The items at these places of a list, -1 where the place is: list Index [B, R, C], places Index [B, R, K] -> [B, R, K].
OpPointer make_listed_items();

/// How many items a list has: Index [..., C] -> Index [...].
OpPointer make_listed_count();

/// 1 where a list has an item, 0 where it has -1: list Index [...] -> Index [...].
OpPointer make_listed_mask();

}  // namespace fovea
