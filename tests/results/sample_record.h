#pragma once

#include <unistd.h>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

#include "framework/core/real.h"
#include "framework/results/journal.h"
#include "framework/results/record.h"

namespace fovea::testing {

/// A new, empty directory, removed at the end.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() / ("fovea_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Without the fsync of write_atomically, for loops over many damaged files.
inline void overwrite(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

inline JournalRow train_row(std::int64_t step, double seconds) {
  const double loss = 1 / (1 + 0.01 * static_cast<double>(step));
  return {JournalRow::Kind::kTrain, step, seconds, "", {{"loss", loss, ""}, {"gradient_norm", std::sqrt(loss), ""}}};
}

inline JournalRow evaluation_row(std::int64_t step, double accuracy) {
  return {JournalRow::Kind::kEvaluation,
          step,
          1.0,
          "test",
          {{"accuracy", accuracy, ""}, {"accuracy", accuracy + 0.1, "N=5"}, {"accuracy", accuracy - 0.1, "N=10"}}};
}

inline SelectionSite sample_site() {
  SelectionSite site;
  site.path = "decoder/pointer";
  site.text = "additive | dense | top_k(k=2) | straight_through";
  for (std::int64_t row = 0; row < 6; ++row) {
    site.item.push_back(row / 3);
    site.query.push_back(row % 3);
    site.log_probability.push_back(-0.5 * static_cast<double>(row));
    site.entropy.push_back(0.25);
    for (std::int32_t k = 0; k < 2; ++k) {
      site.kept.push_back(static_cast<std::int32_t>(row) + k);
      site.weights.push_back(0.5);
    }
    site.offsets.push_back(static_cast<std::int64_t>(site.kept.size()));
  }
  site.scored_pairs = 1234;
  site.gathered_rows_forward = 56;
  site.gathered_rows_backward = 78;
  site.selection_accuracy = 0.75;
  return site;
}

inline Predictions sample_predictions() {
  Predictions predictions;
  predictions.split = "test";
  predictions.arrays.push_back({"inputs", {"item", "time"}, {2, 3}, std::vector<Real>{3, 1, 2, 6, 5, 4}, "1", "numbers"});
  predictions.arrays.push_back({"targets", {"item", "time"}, {2, 3}, std::vector<Index>{1, 2, 0, 2, 1, 0}, "1", ""});
  predictions.labels = {{"", {"first", "second", "\xC3\xA4nderung"}}};
  return predictions;
}

/// A small record with something in every part.
inline RunRecord sample_record(std::int64_t train_rows = 20) {
  RunRecord record;
  record.experiment = "sort_by_pointing";
  record.run = "N=5";
  record.seed = 7;
  record.state = "finished";
  record.title = "Sorting by pointing";
  record.history = "fovea run sort_by_pointing";
  record.config = {{"task", "sort_numbers"}, {"task.N", "5"}, {"model.hidden", "256"}};
  record.config_json = R"({"task": {"name": "sort_numbers", "N": 5}})";
  record.provenance = {{"command_line", "fovea run sort_by_pointing"}, {"precision", kPrecision}};
  record.metrics = {{"loss", "nat", "mean cost of an item"}, {"accuracy", "1", "share of exact answers"}};
  for (std::int64_t i = 1; i <= train_rows; ++i) add_row(record, train_row(10 * i, 0.1 * static_cast<double>(i)));
  for (std::int64_t i = 1; i <= 3; ++i) add_row(record, evaluation_row(100 * i, 0.25 * static_cast<double>(i)));
  record.selection.push_back(sample_site());
  record.predictions.push_back(sample_predictions());
  record.parameters.push_back({"decoder/pointer/keys", {"out", "in"}, {4, 3}, std::vector<Real>(12, Real(0.5)), "1", ""});
  record.parameters.push_back({"decoder/pointer/bias", {"out"}, {4}, std::vector<Real>(4, Real(0.25)), "1", ""});
  record.parameters.push_back({"encoder/weight", {"out", "in"}, {8, 4}, std::vector<Real>(32, Real(-1)), "1", ""});
  record.graph = {"digraph layers {}", "digraph ops {}", 48, 4096};
  record.clock = {
      "2025-01-31T12:00:00Z",    "2025-01-31T12:01:00Z", "host", "./fovea run sort_by_pointing", "", 2, 0, 1 << 20, 60.5,
      record.clock.train_seconds};
  return record;
}

}  // namespace fovea::testing
