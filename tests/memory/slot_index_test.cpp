#include "modules/memory/large/slot_index.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "framework/core/rng.h"

namespace fovea {
namespace {

constexpr Extent kSlots = 3000, kWidth = 12, kCount = 5;

struct Memory {
  std::vector<Real> words = std::vector<Real>(kSlots * kWidth);
  Rng rng{{.seed = 3}};

  Memory() { rng.fill_normal(words); }
  SlotIndex::Words view() const { return {words.data(), kSlots, kWidth}; }
  std::span<Real> word(Index slot) { return {words.data() + slot * kWidth, kWidth}; }

  /// The best of these slots by sorting all.
  std::vector<Index> best(const std::vector<Real>& query, std::vector<Index> among) const {
    std::stable_sort(among.begin(), among.end(), [&](Index a, Index b) {
      return direction_score(view(), query.data(), a) > direction_score(view(), query.data(), b);
    });
    among.resize(std::min<std::size_t>(among.size(), kCount));
    return among;
  }
};

std::vector<Index> all_slots() {
  std::vector<Index> slots;
  for (Index n = 0; n < kSlots; ++n) slots.push_back(n);
  return slots;
}

std::vector<Index> found_by(SlotIndex& index, const std::vector<Real>& query) {
  std::vector<Index> found(kCount);
  found.resize(index.search(query.data(), kCount, found.data()));
  return found;
}

/// The share of the best slots that the index finds, among those that it holds.
double recall(SlotIndex& index, Memory& memory, const std::vector<Index>& held) {
  double hits = 0;
  double asked = 0;
  Rng rng({.seed = 8});
  for (int i = 0; i < 40; ++i) {
    std::vector<Real> query(kWidth);
    rng.fill_normal(query);
    const std::vector<Index> found = found_by(index, query);
    for (const Index slot : memory.best(query, held)) {
      hits += std::count(found.begin(), found.end(), slot) > 0 ? 1 : 0;
      asked += 1;
    }
  }
  return hits / asked;
}

struct Case {
  const char* text;
  double least_recall;
};
constexpr Case kCases[] = {
    {"exact", 1}, {"lists(lists=16, probes=16)", 1}, {"lists(lists=32, probes=8)", 0.7}, {"hnsw", 0.9}};

}  // namespace

TEST_CASE("an index of all slots finds the nearest, and follows what is written") {
  for (const Case& one : kCases) {
    CAPTURE(one.text);
    Memory memory;
    const auto index = Registry<SlotIndex>::instance().parse(one.text).plugin;
    index->build(memory.view(), SlotIndex::Holds::kAll);
    CHECK(recall(*index, memory, all_slots()) >= one.least_recall);
    CHECK(index->take_scored() > 0);
    const std::vector<Real> target{0, 3, 0, 0, -3, 0, 0, 0, 0, 1, 0, 0};
    const std::vector<Real> old(memory.word(77).begin(), memory.word(77).end());
    std::copy(target.begin(), target.end(), memory.word(77).begin());
    index->put(77);
    CHECK(found_by(*index, target).at(0) == 77);
    CHECK(recall(*index, memory, all_slots()) >= one.least_recall);
    std::copy(old.begin(), old.end(), memory.word(77).begin());
    index->reset();
    CHECK(recall(*index, memory, all_slots()) >= one.least_recall);
  }
}

TEST_CASE("an index that begins empty finds what was put, and nothing after a new start") {
  for (const Case& one : kCases) {
    CAPTURE(one.text);
    Memory memory;
    const auto index = Registry<SlotIndex>::instance().parse(one.text).plugin;
    index->build(memory.view(), SlotIndex::Holds::kNone);
    for (int round = 0; round < 2; ++round) {
      CHECK(found_by(*index, std::vector<Real>(kWidth, 1)).empty());
      std::vector<Index> held;
      for (Index n = 0; n < 1500; n += 1) held.push_back(static_cast<Index>((n * 7) % kSlots));
      std::sort(held.begin(), held.end());
      for (const Index slot : held) index->put(slot);
      index->put(held[3]);
      CHECK(recall(*index, memory, held) >= one.least_recall - 0.1);
      index->reset();
    }
  }
}

TEST_CASE("an index gives the same after a new start, whatever was put before") {
  for (const Case& one : kCases) {
    CAPTURE(one.text);
    Memory memory;
    const auto a = Registry<SlotIndex>::instance().parse(one.text).plugin;
    const auto b = Registry<SlotIndex>::instance().parse(one.text).plugin;
    a->build(memory.view(), SlotIndex::Holds::kNone);
    b->build(memory.view(), SlotIndex::Holds::kNone);
    for (Index n = 0; n < 900; n += 2) a->put(n);
    a->reset();
    for (SlotIndex* index : {a.get(), b.get()}) {
      for (Index n = 800; n > 0; n -= 3) index->put(n);
    }
    Rng rng({.seed = 9});
    for (int i = 0; i < 20; ++i) {
      std::vector<Real> query(kWidth);
      rng.fill_normal(query);
      CHECK(found_by(*a, query) == found_by(*b, query));
    }
  }
}

TEST_CASE("an unknown index is refused with the nearest name") {
  CHECK_THROWS_WITH_AS(Registry<SlotIndex>::instance().parse("list").plugin, doctest::Contains("lists"), Error);
}

}  // namespace fovea
