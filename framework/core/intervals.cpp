#include "framework/core/intervals.h"

#include <algorithm>
#include <limits>

#include "framework/core/whole.h"

namespace fovea {
namespace {

// Of an interval that begins no earlier than those in `out`.
void join(const ItemInterval& interval, std::size_t first, ItemIntervals& out) {
  if (out.size() > first && out.back().end >= interval.begin) {
    out.back().end = std::max(out.back().end, interval.end);
  } else {
    out.push_back(interval);
  }
}

}  // namespace

void append_items(Extent begin, Extent end, ItemIntervals& out, Extent step) {
  end = std::min<Extent>(end, std::numeric_limits<Index>::max());
  if (begin < 0) begin = begin % step == 0 ? 0 : begin % step + step;
  if (begin >= end) return;
  if (step > 1) {
    for (Extent item = begin; item < end; item = capped_sum(item, step)) append_items(item, item + 1, out);
  } else if (!out.empty() && out.back().end == begin) {
    out.back().end = static_cast<Index>(end);
  } else {
    out.push_back({static_cast<Index>(begin), static_cast<Index>(end)});
  }
}

void append_union(std::span<const ItemInterval> a, std::span<const ItemInterval> b, ItemIntervals& out) {
  const std::size_t first = out.size();
  std::size_t i = 0;
  for (const ItemInterval& other : b) {
    for (; i < a.size() && a[i].begin <= other.begin; ++i) join(a[i], first, out);
    join(other, first, out);
  }
  for (; i < a.size(); ++i) join(a[i], first, out);
}

void append_intersection(std::span<const ItemInterval> a, std::span<const ItemInterval> b, ItemIntervals& out) {
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const Index begin = std::max(a[i].begin, b[j].begin);
    const Index end = std::min(a[i].end, b[j].end);
    if (begin < end) append_items(begin, end, out);
    if (a[i].end < b[j].end) {
      ++i;
    } else {
      ++j;
    }
  }
}

Extent count_items(std::span<const ItemInterval> intervals) {
  Extent count = 0;
  for (const ItemInterval& interval : intervals) count += interval.end - interval.begin;
  return count;
}

std::vector<Index> items_in(std::span<const ItemInterval> intervals) {
  std::vector<Index> items;
  for (const ItemInterval& interval : intervals) {
    for (Index item = interval.begin; item < interval.end; ++item) items.push_back(item);
  }
  return items;
}

}  // namespace fovea
