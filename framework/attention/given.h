#pragma once

#include <string>

#include "framework/attention/estimator.h"

// What selectors, estimators and patterns give, held against their contracts. A row costs a comparison or two for each item
// that is kept; what costs more is looked at where `is_thorough`.
namespace fovea {

/// 0 <= items[0] < items[1] < ... < end.
inline bool ascends_within(std::span<const Index> items, Extent end) {
  if (items.empty()) return true;
  unsigned wrong = static_cast<unsigned>(items.front() < 0) | static_cast<unsigned>(items.back() >= end);
  for (std::size_t i = 1; i < items.size(); ++i) wrong |= static_cast<unsigned>(items[i - 1] >= items[i]);
  return wrong == 0;
}

/// "-5 came at place 2", of a list that does not ascend within [0, end).
std::string first_wrong(std::span<const Index> items, Extent end);

/// The choice of one row, of which `count` places of K are meant.
struct GivenChoice {
  ConstRow scores;  // [N]
  Extent count = 0;
  std::span<const Index> kept;  // [K]
  ConstRow weights;             // [K]
};

/// What of a choice costs nothing to check. `keeps_all`: of a selector that keeps every item.
inline bool is_fair(const GivenChoice& given, bool keeps_all) {
  const auto items = static_cast<Extent>(given.scores.size());
  if (given.count < 0 || given.count > static_cast<Extent>(given.kept.size())) return false;
  const std::span<const Index> kept = given.kept.first(static_cast<std::size_t>(given.count));
  if (!keeps_all) return ascends_within(kept, items);
  return given.count == items && (items == 0 || (kept.front() == 0 && kept.back() == items - 1));
}

/// The same of rows that a selector makes many at a time: counts and both ends of each row. Of a selector that keeps every
/// item, the ends of the last row stand for all.
inline bool are_fair(const Selector::Rows& rows, bool keeps_all) {
  unsigned wrong = 0;
  if (keeps_all) {
    for (const Index count : rows.counts) wrong |= static_cast<unsigned>(count != static_cast<Index>(rows.items));
    if (wrong != 0 || rows.counts.empty()) return wrong == 0;
    const std::span<const Index> last = rows.kept_of(rows.kept, rows.size() - 1);
    return last.empty() || (last.front() == 0 && last.back() == rows.items - 1);
  }
  const Index* kept = rows.kept.data();
  for (std::size_t row = 0; row < rows.counts.size(); ++row, kept += rows.capacity) {
    const Extent count = rows.counts[row];
    if (count < 0 || count > rows.capacity) return false;
    if (count == 0) continue;
    const Extent first = kept[0];
    const Extent last = kept[count - 1];
    wrong |= static_cast<unsigned>(first < 0) | static_cast<unsigned>(last >= rows.items) |
             static_cast<unsigned>(last - first < count - 1);
  }
  return wrong == 0;
}

/// Checks all of it. `who` made the choice: "selector 'top_k', select".
///
/// Errors    a count outside of [0, K]; places that do not ascend within [0, N); fewer than all of them where all are
///           promised; weights that are not finite where the scores are.
void expect_fair(const GivenChoice& given, bool keeps_all, const std::string& who);

/// The most that a choice of this selector keeps.
///
/// Errors    a capacity outside of [1, N], where N > 0.
Extent checked_capacity(const EstimatorParts& estimator, const SelectorParts& selector, Extent items);

}  // namespace fovea
