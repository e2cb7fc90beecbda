// Approximate search of a large memory: time to search, to write and to build an index, and its recall: the
// share of the 8 best words that it finds. Words are random, or lie around 1000 centres and queries are noisy copies of
// words.

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/measure.h"
#include "framework/core/arena.h"
#include "framework/core/rng.h"
#include "framework/cpu/row_math.h"
#include "modules/memory/large/slot_index.h"

namespace fovea::bench {
namespace {

constexpr Extent kCount = 8;
constexpr Extent kQueries = 256;
constexpr Extent kCentres = 1000;

struct Setting {
  std::string words = "clustered";
  Extent slots = 1 << 16;
  Extent width = 64;
};

using Rows = std::vector<Real>;

/// Words [N, D], as a program holds them in its arena, and queries [kQueries, D].
struct Data {
  Arena arena;
  std::span<Real> words;
  Rows queries;

  explicit Data(const Setting& setting)
      : arena(size(setting.slots, setting) * sizeof(Real)),
        words(reinterpret_cast<Real*>(arena.data()), size(setting.slots, setting)),
        queries(size(kQueries, setting)) {
    Rng rng({.seed = 1});
    rng.fill_normal(words);
    rng.fill_normal(queries);
    if (setting.words != "clustered") return;
    Rows centres(size(kCentres, setting));
    rng.fill_normal(centres);
    const auto width = static_cast<std::size_t>(setting.width);
    for (Extent n = 0; n < setting.slots; ++n) {
      const std::span<Real> word{words.data() + n * setting.width, width};
      cpu::scale(Real(0.3), word);
      cpu::add({centres.data() + rng.below(kCentres) * setting.width, width}, word);
    }
    for (Extent q = 0; q < kQueries; ++q) {
      const std::span<Real> query{queries.data() + q * setting.width, width};
      cpu::scale(Real(0.1), query);
      cpu::add({words.data() + rng.below(setting.slots) * setting.width, width}, query);
    }
  }

 private:
  static std::size_t size(Extent rows, const Setting& setting) { return static_cast<std::size_t>(rows * setting.width); }
};

std::vector<Index> found_by(SlotIndex& index, const Data& data, Extent width) {
  std::vector<Index> found(static_cast<std::size_t>(kQueries * kCount), -1);
  for (Extent q = 0; q < kQueries; ++q) index.search(data.queries.data() + q * width, kCount, found.data() + q * kCount);
  return found;
}

double recall_of(const std::vector<Index>& found, const std::vector<Index>& best) {
  double hits = 0;
  for (std::size_t i = 0; i < best.size(); ++i) {
    const auto first = found.begin() + static_cast<std::ptrdiff_t>(i / kCount * kCount);
    hits += std::count(first, first + kCount, best[i]) > 0 ? 1 : 0;
  }
  return hits / static_cast<double>(best.size());
}

void report(const Setting& setting, const std::vector<std::string>& indexes, bool json) {
  const Data data(setting);
  const SlotIndex::Words words{data.words.data(), setting.slots, setting.width};
  std::vector<Index> best;
  for (const std::string& text : indexes) {
    const auto index = Registry<SlotIndex>::instance().parse(text).plugin;
    double start = now();
    index->build(words, SlotIndex::Holds::kAll);
    const double made = now() - start;
    const std::vector<Index> found = found_by(*index, data, setting.width);
    if (best.empty()) best = found;  // the first one is exact
    index->take_scored();
    Extent next = 0;
    std::vector<Candidate> candidates{{[&] {
      std::vector<Index> some(kCount);
      index->search(data.queries.data() + next * setting.width, kCount, some.data());
      next = (next + 1) % kQueries;
    }}};
    candidates.push_back({[&] {
      index->put(static_cast<Index>(next * 37 % setting.slots));
      next = (next + 1) % kQueries;
    }});
    bench::measure(candidates, 9, 0.02);
    const std::string config = "M=" + std::to_string(setting.slots) + "," + setting.words +
                               ",d=" + std::to_string(setting.width) + ",k=" + std::to_string(kCount);
    const double write = candidates[1].median();
    const double recall = recall_of(found, best);
    if (json) {
      print_json({text, config, candidates[0].median(), candidates[0].best(), 1, "queries/s"},
                 {{"write_s", write}, {"recall8", recall}, {"build_s", made}});
    } else {
      std::printf("%-34s %-36s search %9.1f us, write %8.1f us, recall %.3f, built in %6.2f s\n", text.c_str(),
                  config.c_str(), 1e6 * candidates[0].median(), 1e6 * write, recall, made);
    }
    std::fflush(stdout);
  }
}

int run(int count, char** arguments) {
  Common common;
  Setting setting;
  std::vector<Extent> slots{1 << 14, 1 << 16, 1 << 20};
  std::vector<std::string> words{"clustered", "random"};
  std::vector<std::string> indexes{"lists(probes=1)", "lists(probes=4)", "lists(probes=16)", "lists(probes=64)"};
  CommandLine line("bench_slot_index", "Approximate search of a large memory, one query at a time.",
                   "  bench_slot_index\n"
                   "  bench_slot_index \"hnsw(breadth=16)\" \"hnsw(breadth=64)\" --slots 65536\n",
                   common);
  CLI::App& app = line.app();
  line.add_threads();
  app.add_option("indexes", indexes, "indexes with options, each as one argument; an exact scan comes first")
      ->check(taken_by([](const std::string& text) { Registry<SlotIndex>::instance().parse(text); }));
  app.add_option("--slots", slots, "words N, each in [1024, 16777216]")->check(CLI::Range(1024, 16777216));
  app.add_option("--words", words, "clustered, random")->check(CLI::IsMember({"clustered", "random"}));
  app.add_option("--width", setting.width, "width of a word, in [1, 4096]")->check(CLI::Range(1, 4096));
  return line.run(count, arguments, [&] {
    indexes.insert(indexes.begin(), "exact");
    for (const std::string& kind : words) {
      for (const Extent n : slots) {
        setting.words = kind;
        setting.slots = n;
        report(setting, indexes, common.json);
      }
    }
  });
}

}  // namespace
}  // namespace fovea::bench

int main(int count, char** arguments) { return fovea::bench::run(count, arguments); }
