// Reads of a large memory: the exact scan against the bandwidth of this machine, against its limit, which is the longer of
// reading all keys and of multiplying all pairs, and against a plain loop; and reads that do not scan all slots. Candidates
// of one size take turns, in one run.

#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/graph_call.h"
#include "bench/measure.h"
#include "bench/op_call.h"
#include "framework/attention/site/site.h"
#include "framework/cpu/parallel.h"
#include "modules/memory/large/memory_read.h"
#include "modules/memory/large/product_keys.h"

namespace fovea::bench {
namespace {

struct Setting {
  Extent batch = 1;
  Extent slots = 1 << 20;
  Extent width = 64;
  Extent kept = 8;
  int rounds = 9;
  double seconds = 0.03;
};

constexpr Extent kPlainTile = 16384;

/// Sums a whole block on all threads: the bandwidth of the machine at this moment.
void read_all(const Tensor& block, std::vector<Real>& sums) {
  sums.resize(block.size() / kPlainTile + 1);
  cpu::parallel_tiles(block.size(), kPlainTile, [&](Extent begin, Extent end, Extent number) {
    Real lanes[128] = {};
    const Real* from = block.real();
    for (Extent i = begin; i + 128 <= end; i += 128) {
      __builtin_prefetch(from + i + 2048);
      for (Extent lane = 0; lane < 128; ++lane) lanes[lane] += from[i + lane];
    }
    Real total = 0;
    for (const Real lane : lanes) total += lane;
    sums[number] = total;
  });
}

/// A scan as one would first write it: one dot product after the other, and the best 8 of each tile in a list.
class PlainScan {
 public:
  PlainScan(const Setting& setting, Tensor queries, Tensor keys) : setting_(setting), queries_(queries), keys_(keys) {
    tiles_ = (setting.slots + kPlainTile - 1) / kPlainTile;
    scores_.resize(tiles_ * setting.batch * setting.kept);
    items_.resize(scores_.size());
  }

  void operator()() {
    cpu::parallel_tiles(setting_.slots, kPlainTile, [&](Extent begin, Extent end, Extent number) {
      const auto first = static_cast<std::size_t>(number * setting_.batch * setting_.kept);
      Real* scores = scores_.data() + first;
      Index* items = items_.data() + first;
      std::fill_n(scores, setting_.batch * setting_.kept, Real(-1e30));
      for (Extent n = begin; n < end; ++n) {
        const Real* key = keys_.real() + n * setting_.width;
        for (Extent q = 0; q < setting_.batch; ++q) meet(q, key, n, scores, items);
      }
    });
  }

 private:
  void meet(Extent q, const Real* key, Extent n, Real* scores, Index* items) const {
    const Real* query = queries_.real() + q * setting_.width;
    Real score = 0;
#pragma omp simd reduction(+ : score)
    for (Extent d = 0; d < setting_.width; ++d) score += query[d] * key[d];
    Real* best = scores + q * setting_.kept;
    Index* places = items + q * setting_.kept;
    Extent place = setting_.kept - 1;
    if (score <= best[place]) return;
    for (; place > 0 && best[place - 1] < score; --place) {
      best[place] = best[place - 1];
      places[place] = places[place - 1];
    }
    best[place] = score;
    places[place] = static_cast<Index>(n);
  }

  Setting setting_;
  Tensor queries_, keys_;
  Extent tiles_;
  std::vector<Real> scores_;
  std::vector<Index> items_;
};

struct Row {
  std::string name;
  std::function<void()> run;
};

void report(const Setting& setting, const std::vector<Row>& rows, bool json) {
  std::vector<Candidate> candidates;
  for (const Row& row : rows) candidates.push_back({row.run});
  candidates.push_back(limit_of_threads());
  measure(candidates, setting.rounds, setting.seconds);
  const std::string config =
      config_of({{"M", setting.slots}, {"B", setting.batch}, {"d", setting.width}, {"k", setting.kept}});
  const double bytes = static_cast<double>(setting.slots * setting.width) * sizeof(Real);
  const double reading = candidates[0].median();
  const double multiplying = 2.0 * static_cast<double>(setting.slots * setting.batch * setting.width) *
                             candidates.back().median() / operations_of_threads();
  const double limit = std::max(reading, multiplying);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double median = candidates[i].median();
    if (json) {
      print_json({rows[i].name, config, median, candidates[i].best(), 1e-9 * bytes, "GB/s of keys"});
    } else {
      std::printf("%-34s %-28s %10.1f us (best %10.1f) %7.1f GB/s of keys, %5.2f of the bandwidth, %5.2f of the limit\n",
                  rows[i].name.c_str(), config.c_str(), 1e6 * median, 1e6 * candidates[i].best(), 1e-9 * bytes / median,
                  reading / median, limit / median);
    }
    std::fflush(stdout);
  }
}

/// A site that weighs all slots, forward and backward, without a gradient of the memory.
std::shared_ptr<const Graph> dense_read(const Setting& setting) {
  Builder b;
  const Value asked = b.parameter("queries", {1, setting.batch, setting.width}, Init::normal(1));
  const Value memory = b.input("memory", {{1, setting.slots, setting.width}, Kind::kReal});
  Site site(b, "dot | dense | softmax | none", setting.width, setting.width);
  const Value prepared = site.prepare_keys(memory);
  b.output("read", site.attend({.queries = asked, .prepared_keys = prepared, .values = memory}).read);
  return b.freeze();
}

void run_size(const Setting& setting, bool json) {
  const std::vector<Type> types{{{setting.batch, 1, setting.width}, Kind::kReal},
                                {{setting.slots, setting.width}, Kind::kReal}};
  OpCall scan(make_memory_read({.kept = setting.kept, .has_values = false}), types);
  scan.want(0);
  OpCall cosine(make_memory_read({.kept = setting.kept, .is_cosine = true, .has_values = false}), types);
  cosine.share(1, scan.input(1));
  OpCall argmax(make_memory_read({.kept = 1, .has_values = false}), types);
  argmax.share(1, scan.input(1));
  PlainScan plain(setting, scan.input(0), scan.input(1));
  GraphCall dense(dense_read(setting), "read");
  dense.execution().bind("memory", scan.input(1).data);
  const auto half_keys = static_cast<Extent>(std::lround(std::sqrt(static_cast<double>(setting.slots))));
  OpCall product(make_product_keys(setting.kept), {{{setting.batch, 1, setting.width}, Kind::kReal},
                                                   {{1, 2, half_keys, setting.width / 2}, Kind::kReal},
                                                   {{half_keys * half_keys, setting.width}, Kind::kReal}});
  product.want(0);
  product.want(1);
  std::vector<Real> sums;
  report(setting,
         {{"reading the keys", [&] { read_all(scan.input(1), sums); }},
          {"plain scan", [&] { plain(); }},
          {"argmax, forward", [&] { argmax.forward(); }},
          {"top_k, forward", [&] { scan.forward(); }},
          {"top_k, forward + backward",
           [&] {
             scan.forward();
             scan.backward();
           }},
          {"top_k by cosine, forward", [&] { cosine.forward(); }},
          {"dense softmax, forward + backward", [&] { dense(); }},
          {"product keys, forward + backward",
           [&] {
             product.forward();
             product.backward();
           }}},
         json);
}

int run(int count, char** arguments) {
  Common common;
  Setting setting;
  std::vector<Extent> batches{1, 32};
  std::vector<Extent> slots{1 << 10, 1 << 14, 1 << 16, 1 << 18, 1 << 20};
  CommandLine line("bench_large_memory", "Reads of a large memory that all rows of a batch share.",
                   "  bench_large_memory\n"
                   "  bench_large_memory --slots 1048576 --batch 32 --threads 1\n",
                   common);
  CLI::App& app = line.app();
  line.add_threads();
  app.add_option("--slots", slots, "slots N, each in [8, 16777216]")->check(CLI::Range(8, 16777216));
  app.add_option("--batch", batches, "queries, each in [1, 4096]")->check(CLI::Range(1, 4096));
  app.add_option("--width", setting.width, "width D, in [1, 4096]")->check(CLI::Range(1, 4096));
  app.add_option("--kept", setting.kept, "slots kept, in [1, 1024]")->check(CLI::Range(1, 1024));
  app.add_option("--rounds", setting.rounds, "samples of each, >= 1")->check(CLI::Range(1, 1000));
  app.add_option("--seconds", setting.seconds, "of a sample, at least")->check(CLI::Range(0.0, 60.0));
  return line.run(count, arguments, [&] {
    for (const Extent batch : batches) {
      for (const Extent n : slots) {
        setting.batch = batch;
        setting.slots = n;
        run_size(setting, common.json);
      }
    }
  });
}

}  // namespace
}  // namespace fovea::bench

int main(int count, char** arguments) { return fovea::bench::run(count, arguments); }
