#include "framework/attention/tiles/listed_kernel.h"

#include <algorithm>

#include "framework/cpu/packs.h"
#include "framework/cpu/parallel.h"

namespace fovea::listed {
namespace {

constexpr Extent kRows = 64;   // of one task
constexpr Extent kTasks = 32;  // of scatter that may run at once, where there are fewer heads

// Rows of items lie far apart: one is fetched while those before it are worked on.
constexpr Extent kAhead = 6;
inline void fetch(const Real* item, Extent width) {
  for (Extent i = 0; i < width; i += 64 / static_cast<Extent>(sizeof(Real))) __builtin_prefetch(item + i);
}

// body(place in the list, item) for the items of a row.
template <class Body>
inline void for_items(const Pairs& pairs, Extent row, const Real* items, Body body) {
  const Index* list = pairs.list + row * pairs.listed;
  const Real* first = items + pairs.items_at(row);
  const Extent step = pairs.item_row();
  for (Extent c = 0; c < pairs.listed && list[c] >= 0; ++c) {
    if (c + kAhead < pairs.listed && list[c + kAhead] >= 0) fetch(first + list[c + kAhead] * step, pairs.width);
    body(row * pairs.listed + c, first + list[c] * step);
  }
}

// body(row) for all rows, in tasks of kRows.
template <class Body>
void for_rows(const Pairs& pairs, Body body) {
  cpu::parallel_tiles(pairs.rows(), kRows, [&](Extent begin, Extent end, Extent) {
    for (Extent row = begin; row < end; ++row) body(row);
  });
}

void add_scaled(Real factor, const Real* from, Extent n, Real* to) {
  const Pack times = cpu::broadcast(factor);
  for_packs(n, [=](Extent i, auto lanes) {
    lanes.store(to + i, cpu::multiply_add(times, lanes.load(from + i), lanes.load(to + i)));
  });
}

}  // namespace

Extent Pairs::query_at(Extent row) const {
  const Extent batch_head = row / queries;
  return ((batch_head / heads * queries + row % queries) * heads + batch_head % heads) * width;
}

Extent Pairs::items_at(Extent row) const {
  const Extent batch_head = row / queries;
  const Extent group = batch_head % heads / (heads / item_heads);
  return (batch_head / heads * items * item_heads + group) * width;
}

void dots(const Pairs& pairs, const Real* rows, const Real* items, Real factor, Writes writes, Real* out) {
  for_rows(pairs, [&](Extent row) {
    const Real* of_row = rows + pairs.query_at(row);
    if (writes == Writes::kSet) clear(out + row * pairs.listed, pairs.listed);
    for_items(pairs, row, items, [&](Extent at, const Real* item) {
      Pack sum{};
      for_packs(pairs.width,
                [&](Extent i, auto lanes) { sum = cpu::multiply_add(lanes.load(of_row + i), lanes.load(item + i), sum); });
      out[at] += factor * cpu::sum_lanes(sum);
    });
  });
}

namespace {

// The sum of one row of kPacks packs stays in registers.
template <Extent kPacks>
void add_items(const Pairs& pairs, Extent row, const Real* weights, const Real* items, Real factor, Real* of_row) {
  Pack sums[kPacks];
  for (Extent p = 0; p < kPacks; ++p) sums[p] = cpu::load(of_row + p * kPack);
  for_items(pairs, row, items, [&](Extent at, const Real* item) {
    const Pack weight = cpu::broadcast(factor * weights[at]);
    for (Extent p = 0; p < kPacks; ++p) sums[p] = cpu::multiply_add(weight, cpu::load(item + p * kPack), sums[p]);
  });
  for (Extent p = 0; p < kPacks; ++p) cpu::store(of_row + p * kPack, sums[p]);
}

}  // namespace

void sums(const Pairs& pairs, const Real* weights, const Real* items, Real factor, Writes writes, Real* rows) {
  for_rows(pairs, [&](Extent row) {
    Real* of_row = rows + pairs.query_at(row);
    if (pairs.width == 4 * kPack || pairs.width == 2 * kPack) {
      if (writes == Writes::kSet) clear(of_row, pairs.width);
      const auto add = pairs.width == 4 * kPack ? add_items<4> : add_items<2>;
      return add(pairs, row, weights, items, factor, of_row);
    }
    if (writes == Writes::kSet) clear(of_row, pairs.width);
    for_items(pairs, row, items,
              [&](Extent at, const Real* item) { add_scaled(factor * weights[at], item, pairs.width, of_row); });
  });
}

namespace {

// The part of the queries of one head with the part of the items [items.begin, items.end).
struct Part {
  Extent first_row;
  Extent end_row;
  Index first_item;
  Index end_item;
};

void scatter_part(const Pairs& pairs, const Part& part, const Real* weights, const Real* rows, Real factor, Real* items) {
  const Extent step = pairs.item_row();
  for (Extent row = part.first_row; row < part.end_row; ++row) {
    const Index* list = pairs.list + row * pairs.listed;
    const Index* end = list + pairs.listed;
    const Real* of_row = rows + pairs.query_at(row);
    Real* first = items + pairs.items_at(row);
    const auto is_before = [](Index item, Index limit) { return item >= 0 && item < limit; };  // -1 comes after all
    for (const Index* item = std::lower_bound(list, end, part.first_item, is_before);
         item != end && *item >= 0 && *item < part.end_item; ++item) {
      if (item + kAhead < end && item[kAhead] >= 0) fetch(first + item[kAhead] * step, pairs.width);
      add_scaled(factor * weights[item - pairs.list], of_row, pairs.width, first + *item * step);
    }
  }
}

}  // namespace

// Queries and items have equally many parts; in each phase every part of the queries works on another part of the
// items, so that no two tasks add to one row, and each row is added to in an order that depends on the problem alone.
void scatter(const Pairs& pairs, const Real* weights, const Real* rows, Real factor, Real* items) {
  const Extent groups = pairs.batch * pairs.item_heads;
  const Extent sharers = pairs.heads / pairs.item_heads;
  if (groups == 0) return;
  const Extent most = std::max<Extent>(std::min(pairs.queries, pairs.items) / kRows, 1);
  const Extent parts = std::clamp<Extent>((kTasks + groups - 1) / groups, 1, most);
  for (Extent phase = 0; phase < parts; ++phase) {
    cpu::parallel_for(groups * parts, [&](Extent task) {
      const Extent of_queries = task % parts;
      const Extent of_items = (of_queries + phase) % parts;
      const Extent first_head = task / parts * sharers;
      for (Extent head = first_head; head < first_head + sharers; ++head) {
        const Part part{head * pairs.queries + pairs.queries * of_queries / parts,
                        head * pairs.queries + pairs.queries * (of_queries + 1) / parts,
                        static_cast<Index>(pairs.items * of_items / parts),
                        static_cast<Index>(pairs.items * (of_items + 1) / parts)};
        scatter_part(pairs, part, weights, rows, factor, items);
      }
    });
  }
}

}  // namespace fovea::listed
