#include "framework/attention/choose/plan.h"

#include <algorithm>
#include <utility>

namespace fovea {

ChoosePlan::ChoosePlan(const ChooseExtents& extents, const Pattern& pattern, cpu::Products products)
    : extents_(extents), is_dense_(pattern.is_dense()) {
  if (pattern.is_dense() || !pattern.reads_data()) {
    terms_.push_back(term_of({&pattern}));
  } else {
    for (const PatternTerm& term : pattern.terms()) {
      terms_.push_back(term_of(term.places));
      terms_.back().choosers = choosers_of(pattern, term.choosers);
    }
    weighers_ = choosers_of(pattern, weighers_of(pattern));
  }
  const auto [batch, queries, items, capacity, width, scratch] = extents;
  if (width == 0) return;
  read_ = cpu::Gemm({.m = queries, .n = width, .k = items, .products = products});
  grad_weights_ = cpu::Gemm({.m = queries, .n = items, .k = width, .transpose_b = true, .products = products});
  grad_values_ =
      cpu::Gemm({.m = items, .n = width, .k = queries, .transpose_a = true, .accumulate = true, .products = products});
}

// These choosers, with the places of their tags and parameters among those of the whole pattern.
std::vector<ChoosePlan::Chooser> ChoosePlan::choosers_of(const Pattern& pattern,
                                                         const std::vector<const Pattern*>& choosers) {
  const std::vector<const Pattern*> taggers = taggers_of(pattern);
  std::vector<Chooser> made;
  for (const Pattern* chooser : choosers) {
    const auto place = std::find(taggers.begin(), taggers.end(), chooser) - taggers.begin();
    made.push_back({chooser, static_cast<std::size_t>(place), 0, 0});
    for (const Pattern* weigher : weighers_of(pattern)) {
      made.back().parameters = weigher == chooser ? weigher->parameters().size() : 0;
      if (weigher == chooser) break;
      made.back().first_parameter += weigher->parameters().size();
    }
  }
  return made;
}

// The items that exist in all of these patterns; all items where there is none.
ChoosePlan::Term ChoosePlan::term_of(const std::vector<const Pattern*>& places) const {
  Term term;
  term.first.push_back(0);
  for (Extent query = 0; query < extents_.queries; ++query) {
    ItemIntervals common;
    append_items(0, extents_.items, common);
    for (const Pattern* place : places) {
      const ItemIntervals before = std::exchange(common, {});
      append_intersection(before, candidates_of(*place, query, extents_.queries, extents_.items), common);
    }
    term.intervals.insert(term.intervals.end(), common.begin(), common.end());
    term.first.push_back(term.intervals.size());
  }
  return term;
}

Extent ChoosePlan::masked(const Term& term, const Row& row, Index* out) {
  const auto query = static_cast<std::size_t>(row.query);
  Index* end = out;
  for (std::size_t i = term.first[query]; i < term.first[query + 1]; ++i) {
    for (Index item = term.intervals[i].begin; item < term.intervals[i].end; ++item) {
      *end = item;
      end += static_cast<int>(row.mask == nullptr || row.mask[item] != 0);  // written, then kept or overwritten: no branch
    }
  }
  return end - out;
}

PatternRow ChoosePlan::data_of(const Chooser& chooser, const Row& row) const {
  PatternRow data{row.scores, {}, nullptr, row.query};
  if (chooser.parameters > 0) {
    data.parameters = row.parameters.subspan(chooser.first_parameter, chooser.parameters);
    if (!row.grad_parameters.empty()) {
      data.grad_parameters = row.grad_parameters.subspan(chooser.first_parameter, chooser.parameters);
    }
  }
  const Extent width = chooser.pattern->tag_count();
  if (width > 0) {
    const Index* of_queries = row.tags[2 * chooser.tags].index();
    const Index* of_keys = row.tags[2 * chooser.tags + 1].index();
    data.query_tags = {of_queries + (row.batch * extents_.queries + row.query) * width, static_cast<std::size_t>(width)};
    data.key_tags = of_keys + row.batch * extents_.items * width;
  }
  return data;
}

Extent ChoosePlan::chosen(const Term& term, const Row& row, Index* items) const {
  Extent count = masked(term, row, items);
  for (const Chooser& chooser : term.choosers) {
    count = chooser.pattern->choose_among(data_of(chooser, row), {items, static_cast<std::size_t>(count)});
  }
  return count;
}

void ChoosePlan::weigh(const Row& row, std::span<const Index> items, fovea::Row scores) const {
  for (const Chooser& weigher : weighers_) weigher.pattern->weigh(data_of(weigher, row), items, scores);
}

void ChoosePlan::weigh_backward(const Row& row, std::span<const Index> items, ConstRow grad_scores) const {
  for (const Chooser& weigher : weighers_) weigher.pattern->weigh_backward(data_of(weigher, row), items, grad_scores);
}

void ChoosePlan::pull_penalty(const Row& row) const {
  for (const Chooser& weigher : weighers_) weigher.pattern->pull_penalty(data_of(weigher, row));
}

Extent ChoosePlan::allowed(const Row& row, Index* out) const {
  if (terms_.size() == 1 && terms_[0].choosers.empty()) return masked(terms_[0], row, out);
  Index* more = row.buffers;
  Index* scratch = row.buffers + extents_.items;
  Extent count = chosen(terms_[0], row, out);
  for (std::size_t i = 1; i < terms_.size(); ++i) {
    const Extent others = chosen(terms_[i], row, more);
    const Index* end = std::set_union(out, out + count, more, more + others, scratch);
    count = end - scratch;
    std::copy_n(scratch, count, out);
  }
  return count;
}

}  // namespace fovea
