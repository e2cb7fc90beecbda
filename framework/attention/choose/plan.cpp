#include "framework/attention/choose/plan.h"

#include <algorithm>
#include <utility>

#include "framework/attention/given.h"
#include "framework/core/error.h"
#include "framework/core/registered.h"
#include "framework/core/span.h"

namespace fovea {
namespace {

std::string place_of(const DataChoice* choice) {
  const auto* pattern = dynamic_cast<const Pattern*>(choice);
  return (pattern == nullptr ? std::string("pattern") : registered(*pattern)) + ", choose_among";
}

}  // namespace

ChoosePlan::ChoosePlan(const ChooseExtents& extents, const Pattern& pattern, cpu::Products products)
    : extents_(extents), is_dense_(pattern.is_dense()) {
  if (pattern.is_dense() || !depends_on_data(pattern)) {
    terms_.push_back(term_of({&pattern}));
  } else {
    for (const PatternTerm& term : pattern.terms()) {
      terms_.push_back(term_of(term.places));
      for (const Pattern* chooser : term.choosers) {
        terms_.back().choosers.push_back(chooser_of(pattern, *half_of<DataChoice>(*chooser)));
      }
    }
    for (const PairBias* bias : biases_of(pattern)) biases_.push_back(chooser_of(pattern, *bias));
  }
  const auto [batch, queries, items, capacity, width, scratch] = extents;
  if (width == 0) return;
  read_ = cpu::Gemm({.m = queries, .n = width, .k = items, .products = products});
  grad_weights_ = cpu::Gemm({.m = queries, .n = items, .k = width, .transpose_b = true, .products = products});
  grad_values_ =
      cpu::Gemm({.m = items, .n = width, .k = queries, .transpose_a = true, .accumulate = true, .products = products});
}

ChoosePlan::Chooser ChoosePlan::chooser_of(const Pattern& whole, const DataChoice& choice) {
  Chooser made{.choice = &choice, .bias = half_of<PairBias>(choice)};
  if (const auto* tagger = half_of<TagChoice>(choice)) {
    const std::vector<const TagChoice*> taggers = taggers_of(whole);
    made.tag_count = tagger->tag_count();
    made.tags = static_cast<std::size_t>(std::find(taggers.begin(), taggers.end(), tagger) - taggers.begin());
  }
  if (made.bias == nullptr) return made;
  made.parameters = made.bias->parameters().size();
  for (const PairBias* bias : biases_of(whole)) {
    if (bias == made.bias) break;
    made.first_parameter += bias->parameters().size();
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
  if (const Extent width = chooser.tag_count; width > 0) {
    const Index* of_queries = row.tags[2 * chooser.tags].index();
    const Index* of_keys = row.tags[2 * chooser.tags + 1].index();
    data.query_tags = span_of(of_queries + (row.batch * extents_.queries + row.query) * width, width);
    data.key_tags = of_keys + row.batch * extents_.items * width;
  }
  return data;
}

Extent ChoosePlan::chosen(const Term& term, const Row& row, Index* items) const {
  Extent count = masked(term, row, items);
  for (const Chooser& chooser : term.choosers) {
    Extent kept = 0;
    try {
      kept = chooser.choice->choose_among(data_of(chooser, row), span_of(items, count));
    } catch (...) {
      throw caught_error(place_of(chooser.choice));
    }
    if (kept < 0 || kept > count) {
      throw Error(place_of(chooser.choice), "at most the " + std::to_string(count) +
                                                " items that were given were expected; " + std::to_string(kept) +
                                                " came; return how many of them stay.");
    }
    if (!ascends_within(span_of(items, kept), extents_.items)) {
      throw Error(place_of(chooser.choice), "items that ascend within [0, " + std::to_string(extents_.items) +
                                                ") were expected; " + first_wrong(span_of(items, kept), extents_.items) +
                                                "; move those that stay to the front, in order.");
    }
    count = kept;
  }
  return count;
}

void ChoosePlan::add_bias(const Row& row, std::span<const Index> items, fovea::Row scores) const {
  for (const Chooser& one : biases_) one.bias->add_bias(data_of(one, row), items, scores);
}

void ChoosePlan::pull_bias(const Row& row, std::span<const Index> items, ConstRow grad_scores) const {
  for (const Chooser& one : biases_) one.bias->pull_bias(data_of(one, row), items, grad_scores);
}

void ChoosePlan::pull_penalty(const Row& row) const {
  for (const Chooser& one : biases_) one.bias->pull_penalty(data_of(one, row));
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
