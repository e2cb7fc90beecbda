#include <algorithm>
#include <cmath>
#include <vector>

#include "framework/core/rng.h"
#include "framework/core/span.h"
#include "framework/cpu/lanes.h"
#include "framework/cpu/packs.h"
#include "framework/cpu/parallel.h"
#include "framework/cpu/row_math.h"
#include "framework/cpu/transpose.h"
#include "modules/memory/large/slot_index.h"
#include "modules/memory/large/slot_scan.h"

namespace fovea {
namespace {

class ListsIndex final : public SlotIndex {
 public:
  void fields(Options& options) override {
    options.add("lists", wanted_, "number of lists, >= 0; 0: four times the square root of the number of slots", {.low = 0});
    options.add("probes", probes_, "lists that a query searches, >= 1", {.low = 1});
    options.add("rounds", rounds_, "times that centres move to the means of their words, >= 0", {.low = 0});
  }

  void build(const Words& words, Holds holds) override {
    words_ = words;
    const auto root = static_cast<Extent>(4 * std::sqrt(static_cast<double>(words.slots)));
    lists_ = std::clamp<Extent>(wanted_ > 0 ? wanted_ : root, 1, words.slots);
    members_.assign(static_cast<std::size_t>(lists_), {});
    where_.assign(static_cast<std::size_t>(words.slots), {});
    moved_.clear();
    centres_.resize(lists_ * words.width);
    Rng({.seed = 1, .stream = stream_of("slot_index/lists")}).fill_normal(centres_);
    for (Extent list = 0; list < lists_; ++list) normalise(centre(list));
    if (holds == Holds::kNone) return;
    std::vector<Index> slots(static_cast<std::size_t>(words.slots));
    for (std::size_t n = 0; n < slots.size(); ++n) slots[n] = static_cast<Index>(n);
    move_centres();
    const std::vector<Index> nearest = nearest_lists(slots);
    for (const Index slot : slots) enter(slot, nearest[slot]);
  }

  void put(Index slot) override {
    const Place before = place_of(slot);
    moved_.push_back({slot, before.list});
    if (before.list >= 0) leave(slot);
    Real score = 0;
    Index list = 0;
    const BestSlots best{&score, &list, 1};
    clear_best(best, 1);
    scan_slots(of_centres(words_.word(slot), 1), 0, lists_, best);
    enter(slot, std::max<Index>(list, 0));
  }

  void reset() override {
    for (auto moved = moved_.rbegin(); moved != moved_.rend(); ++moved) {
      leave(moved->first);
      if (moved->second >= 0) enter(moved->first, moved->second);
    }
    moved_.clear();
  }

  Extent search(const Real* query, Extent count, Index* found) override {
    const Extent probes = std::min(probes_, lists_);
    scores_.resize(std::max(count, probes));
    probed_.resize(probes);
    const BestSlots nearest{scores_.data(), probed_.data(), probes};
    clear_best(nearest, 1);
    scan_slots(of_centres(query, 1), 0, lists_, nearest);
    count_scored(lists_);
    BestOf best(count, found, scores_.data());
    for (const Index list : probed_) {
      if (list < 0) continue;
      const std::vector<Member>& members = members_[list];
      for (std::size_t first = 0; first < members.size(); first += kPack) meet(members, first, query, best);
      count_scored(static_cast<Extent>(members.size()));
    }
    return best.count();
  }

 private:
  static constexpr std::size_t kAhead = 16;
  static constexpr Extent kTile = 1024;        // words of a task
  static constexpr Extent kSampled = 1 << 16;  // words that the centres are moved to

  struct Member {
    Index slot = 0;
    Real factor = 0;  // 1 / |word|
  };
  struct Place {
    Index list = -1;
    Index position = -1;
  };

  Place& place_of(Index slot) { return where_[slot]; }
  std::span<const Real> row(const Real* at) const { return span_of(at, words_.width); }
  std::span<Real> centre(Extent list) { return {centres_.data() + list * words_.width, row(nullptr).size()}; }

  static void normalise(std::span<Real> x) {
    const Real length = std::sqrt(cpu::dot(x, x));
    if (length > 0) cpu::scale(1 / length, x);
  }

  void fetch(const std::vector<Member>& members, std::size_t i) const {
    if (i >= members.size()) return;
    const auto* word = reinterpret_cast<const char*>(words_.word(members[i].slot));
    for (std::size_t at = 0; at < static_cast<std::size_t>(words_.width) * sizeof(Real); at += 64)
      __builtin_prefetch(word + at);
  }

  /// Scores kPack members at once, of which few are among the best.
  void meet(const std::vector<Member>& members, std::size_t first, const Real* query, BestOf& best) const {
    const auto count = std::min<std::size_t>(kPack, members.size() - first);
    cpu::PackBlock products{};
    Real factors[kPack] = {};
    for (std::size_t i = 0; i < count; ++i) {
      fetch(members, first + i + kAhead);
      const Real* word = words_.word(members[first + i].slot);
      Pack sum{};
      for_packs(words_.width,
                [&](Extent d, auto lanes) { sum = cpu::multiply_add(lanes.load(word + d), lanes.load(query + d), sum); });
      products[i] = sum;
      factors[i] = members[first + i].factor;
    }
    const Pack scores = cpu::fold_rows(products) * cpu::load(factors);
    std::uint32_t worse = cpu::bits(cpu::above(cpu::broadcast(best.bar()), scores));
    for (std::uint32_t some = cpu::first_lanes(static_cast<Extent>(count)) & ~worse; some != 0; some &= some - 1) {
      const int lane = __builtin_ctz(some);
      best.meet(scores[lane], members[first + static_cast<std::size_t>(lane)].slot);
    }
  }

  SlotScan of_centres(const Real* queries, Extent count) const {
    return {.queries = queries, .slots = centres_.data(), .count = count, .width = words_.width};
  }

  void enter(Index slot, Index list) {
    std::vector<Member>& members = members_[list];
    place_of(slot) = {list, static_cast<Index>(members.size())};
    const std::span<const Real> word = row(words_.word(slot));
    members.push_back({slot, 1 / std::max(std::sqrt(cpu::dot(word, word)), words_.epsilon)});
  }

  // The last of the list takes its place.
  void leave(Index slot) {
    Place& place = place_of(slot);
    std::vector<Member>& members = members_[place.list];
    members[place.position] = members.back();
    place_of(members.back().slot).position = place.position;
    members.pop_back();
    place = {};
  }

  /// The list of the nearest centre of each of these words.
  std::vector<Index> nearest_lists(const std::vector<Index>& slots) const {
    std::vector<Index> nearest(slots.size());
    cpu::parallel_tiles(static_cast<Extent>(slots.size()), kTile, [&](Extent begin, Extent end, Extent) {
      const Extent stride = best_stride(end - begin);
      std::vector<Real> queries(static_cast<std::size_t>((end - begin) * words_.width));
      std::vector<Real> scores(static_cast<std::size_t>(stride));
      std::vector<Index> found(scores.size());
      for (Extent i = begin; i < end; ++i) {
        const std::span<const Real> word = row(words_.word(slots[i]));
        std::copy(word.begin(), word.end(), queries.begin() + (i - begin) * words_.width);
      }
      const BestSlots best{scores.data(), found.data(), 1, stride};
      clear_best(best, end - begin);
      scan_slots(of_centres(queries.data(), end - begin), 0, lists_, best);
      for (Extent i = begin; i < end; ++i) nearest[i] = std::max<Index>(found[i - begin], 0);
    });
    return nearest;
  }

  // Spherical k-means on a sample of words, spread evenly over all.
  void move_centres() {
    const Extent step = std::max<Extent>(words_.slots / kSampled, 1);
    std::vector<Index> sample;
    for (Extent n = 0; n < words_.slots; n += step) sample.push_back(static_cast<Index>(n));
    const Extent apart = static_cast<Extent>(sample.size()) / lists_;
    for (Extent list = 0; list < lists_; ++list) {
      const std::span<const Real> word =
          row(words_.word(sample[static_cast<std::size_t>(list * std::max<Extent>(apart, 1)) % sample.size()]));
      std::copy(word.begin(), word.end(), centre(list).begin());
      normalise(centre(list));
    }
    for (Extent round = 0; round < rounds_; ++round) {
      const std::vector<Index> nearest = nearest_lists(sample);
      std::vector<Real> sums(centres_.size(), 0);
      for (std::size_t i = 0; i < sample.size(); ++i) {
        const std::span<const Real> word = row(words_.word(sample[i]));
        const Real length = std::max(std::sqrt(cpu::dot(word, word)), words_.epsilon);
        cpu::add_scaled(1 / length, word, {sums.data() + nearest[i] * words_.width, word.size()});
      }
      for (Extent list = 0; list < lists_; ++list) {
        const std::span<Real> sum{sums.data() + list * words_.width, centre(list).size()};
        if (cpu::dot(sum, sum) > 0) std::copy(sum.begin(), sum.end(), centre(list).begin());
        normalise(centre(list));
      }
    }
  }

  Extent wanted_ = 0;
  Extent probes_ = 8;
  Extent rounds_ = 3;
  Words words_;
  Extent lists_ = 1;
  std::vector<Real> centres_;                   // [lists, D], of length 1
  std::vector<std::vector<Member>> members_;    // of each list
  std::vector<Place> where_;                    // of each slot
  std::vector<std::pair<Index, Index>> moved_;  // slots that were put, and the lists that they were in, -1: none
  std::vector<Real> scores_;
  std::vector<Index> probed_;
};

FOVEA_SLOT_INDEX("lists", ListsIndex, R"doc(Lists: words are listed by their nearest centre, and a query searches few lists.

Approximates  the exact search: a word is found where its list is among the `probes` whose centres are nearest to the query.
Shapes        words [N, D], query [D] -> slots [count].
Errors        none. Recall is measured by bench/slot_index.
Cost          L D for the centres and probes N / L D for words in lists of equal length: O(sqrt(N)) with L of that order. A
              write costs L D. 8 + 8 bytes a slot; words are not copied.
Source        Sivic & Zisserman 2003; Johnson et al. 2017, arXiv:1702.08734, section 2.2 (inverted files without codes); Dhillon &
              Modha 2001 (spherical k-means).)doc");

}  // namespace
}  // namespace fovea
