// Training step of a recurrent layer: forward and backward to the input, all weights and biases, T = 50, batch 128 as two
// shards of 64 rows.
#include <cstdio>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/measure.h"
#include "bench/op_call.h"
#include "framework/cpu/parallel.h"
#include "framework/ops/recurrent/recurrent.h"

namespace fovea::bench {
namespace {

struct Layer {
  bool is_lstm = true;
  cpu::Products products = cpu::Products::kFull;
  Extent steps = 50;
  Extent rows = 64;
  Extent inputs = 0;
  Extent units = 0;
};

// One shard.
OpCall shard_of(const Layer& layer) {
  const RecurrentOptions options{.zero_state = true, .products = layer.products};
  const Extent gates = (layer.is_lstm ? 4 : 3) * layer.units;
  OpCall shard(layer.is_lstm ? make_lstm(options) : make_gru(options),
               {Type{{layer.steps, layer.rows, layer.inputs}}, Type{{gates, layer.inputs}}, Type{{gates, layer.units}},
                Type{{gates}}, Type{{gates}}},
               {.deviation = 0.06});
  shard.want_all();
  return shard;
}

constexpr Extent kShards = 2;

double gates_of(const Layer& layer) { return layer.is_lstm ? 4 : 3; }

// Giga-operations of a step on all shards: the forward product, and two of the same size in the backward.
double work_of(const Layer& layer) {
  return 6e-9 * static_cast<double>(kShards * layer.steps * layer.rows) * gates_of(layer) *
         static_cast<double>(layer.units * (layer.inputs + layer.units));
}

std::string config_of(const Layer& layer) {
  const std::string inputs = layer.inputs == layer.units ? "" : ",inputs=" + std::to_string(layer.inputs);
  return "hidden=" + std::to_string(layer.units) + inputs + ",T=" + std::to_string(layer.steps) +
         ",B=" + std::to_string(kShards * layer.rows);
}

void print_text(const Line& line, const Line& peak) {
  std::printf("%-24s %-34s %8.2f ms  %7.1f GFLOP/s, best %7.1f (multiply-add peak %.0f, best %.0f)\n", line.name.c_str(),
              line.config.c_str(), 1e3 * line.median, line.work / line.median, line.work / line.best,
              peak.work / peak.median, peak.work / peak.best);
  std::fflush(stdout);
}

void report(const std::string& name, const Layer& layer, int rounds, bool json) {
  std::vector<OpCall> shards;
  for (Extent i = 0; i < kShards; ++i) shards.push_back(shard_of(layer));
  std::vector<Candidate> candidates;
  candidates.push_back({[&] {
    cpu::parallel_for(kShards, [&](Extent i) {
      shards[i].forward();
      shards[i].backward();
    });
  }});
  candidates.push_back({[] { cpu::parallel_for(kShards, [](Extent) { fused_multiply_adds(); }); }});
  measure(candidates, rounds, 2e-2);
  const auto line = [&](const std::string& of, Candidate& candidate, double work) {
    return Line{of, config_of(layer), candidate.median(), candidate.best(), work, "GFLOP/s"};
  };
  const Line result = line(name, candidates[0], work_of(layer));
  const Line peak = line("peak_" + name, candidates[1], 1e-9 * kShards * fused_multiply_adds());
  if (!json) return print_text(result, peak);
  print_json(result);
  print_json(peak);
}

// All layers whose names begin with the filter.
void report_all(const std::string& filter, const std::vector<Extent>& widths, int rounds, bool json) {
  for (const auto products : {cpu::Products::kFull, cpu::Products::kBf16}) {
    const std::string suffix = products == cpu::Products::kFull ? "_train" : "_train_bf16";
    for (const char* kind : {"lstm", "gru"}) {
      if ((kind + suffix).find(filter) != 0) continue;
      for (const Extent units : widths) {
        const bool is_lstm = std::string(kind) == "lstm";
        report(kind + suffix, {.is_lstm = is_lstm, .products = products, .inputs = units, .units = units}, rounds, json);
      }
    }
    if (("pointer_lstm" + suffix).find(filter) != 0) continue;
    report("pointer_lstm" + suffix, {.products = products, .steps = 10, .inputs = 2, .units = 256}, rounds, json);
  }
}

}  // namespace
}  // namespace fovea::bench

int main(int count, char** arguments) {
  using namespace fovea;
  bench::Common common;
  bench::CommandLine line("bench_recurrent", "Training steps of LSTM and GRU layers: GFLOP/s of forward and backward.",
                          "  bench_recurrent                           # all layers, 15 rounds\n"
                          "  bench_recurrent 7 gru                     # GRU only, 7 rounds\n"
                          "  bench_recurrent 7 lstm --hidden 128 256   # two widths\n"
                          "  bench_recurrent 3 lstm_train_bf16 --json  # for bench/alternate.py\n",
                          common);
  int rounds = 15;
  std::string filter;
  std::vector<Extent> widths{128, 256, 512};
  line.add_threads();
  line.app().add_option("rounds", rounds, "samples of each layer, >= 1")->check(CLI::Range(1, 100000));
  line.app()
      .add_option("layer", filter, "beginning of a name: lstm, gru, pointer, lstm_train_bf16, ...; none: all")
      ->check([](const std::string& text) {
        for (const char* name : {"lstm_train_bf16", "gru_train_bf16", "pointer_lstm_train_bf16"}) {
          if (std::string(name).find(text) == 0) return std::string();
        }
        return "no layer begins with '" + text + "'";
      });
  line.app().add_option("--hidden", widths, "widths of the LSTM and GRU layers, in [1, 8192]")->check(CLI::Range(1, 8192));
  return line.run(count, arguments, [&] { bench::report_all(filter, widths, rounds, common.json); });
}
