#include "modules/memory/sparse/sparse_words.h"

#include <string>

#include "framework/core/error.h"
#include "framework/core/registered.h"
#include "framework/core/rng.h"
#include "framework/core/span.h"
#include "framework/cpu/packs.h"

namespace fovea {

SparseWords::SparseWords(const SparseAccess& options, Extent width)
    : options_(options),
      width_(width),
      words_(options.slots * width),
      order_(options.slots),
      places_(options.slots),
      index_(Registry<SlotIndex>::instance().parse(options.index).plugin),
      written_(options.slots) {
  const bool is_empty = options.start == MemoryStart::kZero;
  if (!is_empty) {
    Rng({.seed = 1, .stream = stream_of("sparse_access")}).fill_normal(span_of(words_.data(), options.slots * width));
  }
  index_->build({words_.data(), options.slots, width, options.rule.epsilon},
                is_empty ? SlotIndex::Holds::kNone : SlotIndex::Holds::kAll);
}

void SparseWords::reset() {
  for (std::size_t place = 0; place < touched_.size(); ++place) {
    const Index slot = touched_[place];
    if (options_.start == MemoryStart::kZero) {
      clear(word(slot), width_);
    } else {
      copy(firsts_.data() + static_cast<Extent>(place) * width_, word(slot), width_);
    }
    places_[slot] = 0;
    written_[slot] = 0;
  }
  touched_.clear();
  firsts_.clear();
  gradients_.clear();
  lowest_empty_ = 0;
  order_.reset();
  index_->reset();
}

void SparseWords::touch(Index slot) {
  if (places_[slot] != 0) return;
  touched_.push_back(slot);
  places_[slot] = static_cast<Index>(touched_.size());
  if (options_.start != MemoryStart::kZero) firsts_.insert(firsts_.end(), word(slot), word(slot) + width_);
}

void SparseWords::prepare_gradients() { gradients_.resize(touched_.size() * static_cast<std::size_t>(width_), Real(0)); }

void SparseWords::wrote(Index slot) {
  written_[slot] = 1;
  index_->put(slot);
}

// Slots that were never written are all equal: the lowest of them represent all.
void SparseWords::add_empty(Extent count) {
  while (lowest_empty_ < options_.slots && written_[lowest_empty_] != 0) ++lowest_empty_;
  for (Index slot = lowest_empty_; slot < options_.slots && count > 0; ++slot) {
    if (written_[slot] != 0) continue;
    candidates_.push_back(slot);
    --count;
  }
}

void SparseWords::reject_found(const std::string& expected, Extent came) const {
  throw Error(registered(*index_) + ", search",
              expected + " were expected; " + std::to_string(came) + " came; correct the index.");
}

FoundSlots SparseWords::search(std::span<const Real> query, Extent count, Real sharpness) {
  candidates_.resize(count);
  const Extent found = index_->search(query.data(), count, candidates_.data());
  if (found < 0 || found > count) reject_found("at most the " + std::to_string(count) + " slots asked for", found);
  candidates_.resize(found);
  for (const Index slot : candidates_) {
    if (slot < 0 || slot >= options_.slots) reject_found("slots from 0 to " + std::to_string(options_.slots - 1), slot);
  }
  if (options_.start == MemoryStart::kZero) add_empty(count);
  found_.resize(count);
  scores_.resize(count);
  BestOf best(count, found_.data(), scores_.data());
  for (const Index slot : candidates_) {
    best.meet(sharpness * score_of(options_.rule, query, {word(slot), query.size()}), slot);
  }
  return {scores_.data(), found_.data(), best.count()};
}

}  // namespace fovea
