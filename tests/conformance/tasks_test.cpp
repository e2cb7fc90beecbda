#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <thread>

#include "framework/core/error.h"
#include "tests/conformance/documented_tensors.h"
#include "tests/conformance/tried_tasks.h"

namespace fovea::conformance {
namespace {

using test::Answers;

constexpr std::array<Split, 3> kSplits{Split::kTrain, Split::kValidation, Split::kTest};

/// Mean and standard error of the main metric; every metric is one finite number a row.
struct Score {
  double mean = 0;
  double error = 0;
};

Score score_of(const Task& task, const Batch& batch, const Answers& answers) {
  const Judgement judgement = task.judge(batch, answers.outputs());
  const auto rows = static_cast<std::size_t>(batch.rows());
  REQUIRE(!judgement.metrics.empty());
  for (const Judgement::Metric& metric : judgement.metrics) {
    CAPTURE(metric.name);
    REQUIRE(metric.rows.size() == rows);
    CHECK(std::all_of(metric.rows.begin(), metric.rows.end(), [](double value) { return std::isfinite(value); }));
  }
  CHECK((judgement.slices.empty() || judgement.slices.size() == rows));
  Score score;
  double squares = 0;
  for (const double value : judgement.metrics[0].rows) {
    score.mean += value / static_cast<double>(rows);
    squares += value * value / static_cast<double>(rows);
  }
  score.error = std::sqrt(std::max(squares - score.mean * score.mean, 0.0) / static_cast<double>(rows));
  return score;
}

void spoil(const Tensor& answer) {
  for (Extent i = 0; i < answer.size(); ++i) {
    if (answer.type.kind == Kind::kIndex) ++answer.index()[i];
    if (answer.type.kind == Kind::kReal) answer.real()[i] = 1 - answer.real()[i];
  }
}

/// The error of a task that is given no outputs.
std::string refusal(const Task& task, const Batch& batch) {
  try {
    task.judge(batch, {});
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

Answers right_answers(const Conformer& one, const Batch& batch) {
  Answers answers;
  one.known.right(batch, answers);
  return answers;
}

}  // namespace

TEST_CASE("every task has a case in the conformance suite, and every case a task") {
  if (subject()) return;
  const test::Scratch scratch;
  auto cases = test::task_cases(scratch / "");
  for (const PluginInfo& info : Catalogue::instance().all(Task::kKind)) {
    if (info.file.find("tests/") != std::string::npos) continue;
    INFO("add '", info.name, "' to tests/support/task_cases.cpp: which outputs are right, such as ",
         "copies({{\"answers\", \"targets\"}}), and, where it states a chance, what guesses there are.");
    CHECK(cases.erase(info.name) == 1);
  }
  for (const auto& [name, left] : cases) FAIL_CHECK("there is no task '", name, "'; take its case away.");
}

TEST_CASE("a task that cannot run by its defaults names the option to set") {
  for (const Conformer& one : conformers()) {
    CAPTURE(one.info.name);
    if (one.texts().front() == one.info.name) {
      CHECK_NOTHROW(make_task(one.info.name));
    } else {
      CHECK_THROWS_WITH_AS(make_task(one.info.name), doctest::Contains("set path=FILE"), Error);
    }
  }
}

TEST_CASE("every task gives the same batch for the same key, on any thread and in a batch that was used before") {
  for (const Conformer& one : conformers()) {
    for (const std::string& text : one.texts()) {
      const auto task = make_task(text);
      for (const Split split : kSplits) {
        CAPTURE(text);
        CAPTURE(static_cast<int>(split));
        const std::vector<std::string> wanted = rows_of(filled(*task, split, {.seed = 3, .number = 2}, 5));
        Batch again(5);
        std::thread([&] {
          for (const Extent number : {1, 2}) fill_batch(*make_task(text), split, {.seed = 3, .number = number}, again);
        }).join();
        CHECK((rows_of(again) == wanted));
      }
    }
  }
}

TEST_CASE("every task gives other batches for another seed, number and split, except where it is constant") {
  for (const Conformer& one : conformers()) {
    const auto task = make_task(one.texts().front());
    CAPTURE(one.info.name);
    for (const Split split : kSplits) {
      const auto batch = [&](Split of, const BatchKey& key) { return rows_of(filled(*task, of, key, 16, 16 * key.number)); };
      const std::vector<std::string> wanted = batch(split, {.seed = 1});
      const bool is_list = one.known.is_list && split != Split::kTrain;
      if (!is_list) CHECK((batch(split, {.seed = 2}) == wanted) == one.known.is_constant);
      CHECK((batch(split, {.seed = 1, .number = 1}) == wanted) == one.known.is_constant);
      const Split other = kSplits[(static_cast<std::size_t>(split) + 1) % 3];
      CHECK((batch(other, {.seed = 1}) == wanted) == one.known.is_constant);
    }
  }
}

TEST_CASE("no item is in two splits, where a task ensures this or has far more items than are drawn") {
  for (const Conformer& one : conformers()) {
    if (one.known.apart.empty()) continue;
    const auto task = make_task(one.known.apart);
    CAPTURE(one.known.apart);
    std::set<std::string> seen;
    for (const Split split : kSplits) {
      std::set<std::string> here;
      for (Extent number = 0; number < 4; ++number) {
        for (std::string& row :
             rows_of(filled(*task, split, {.seed = 1, .number = number}, 50, 50 * number), one.known.apart_by)) {
          here.insert(std::move(row));
        }
      }
      const std::size_t before = seen.size();
      const std::size_t count = here.size();
      seen.merge(here);
      CHECK(seen.size() == before + count);
    }
  }
}

TEST_CASE("every task documents its tensors, with their kinds and shapes, and no others") {
  for (const Conformer& one : conformers()) {
    const std::vector<DocumentedTensor> documented = documented_tensors(one.info.doc);
    for (const std::string& text : one.texts()) {
      CAPTURE(text);
      const auto task = make_task(text);
      for (const Extent rows : {1, 6}) {
        const Batch batch = filled(*task, Split::kTest, {.seed = 1}, rows);
        CHECK(fault_of(documented, batch.types(), sizes_of(*task)) == "");
      }
    }
  }
}

TEST_CASE("every task documents the outputs that it judges, and asks for one that is missing or of another type") {
  for (const Conformer& one : conformers()) {
    const auto task = make_task(one.texts().front());
    const Batch batch = filled(*task, Split::kTest, {.seed = 1}, 2);
    if (!one.knows_answers()) {
      const std::string message = refusal(*task, batch);
      CAPTURE(message);
      CHECK(names_documented_output(message, one.info.doc));
      continue;
    }
    const Answers right = right_answers(one, batch);
    for (const auto& [output, tensor] : right.outputs()) {
      const std::string& name = output;  // clang 14 captures no binding
      CAPTURE(one.info.name);
      CAPTURE(name);
      CHECK(one.info.doc.find('"' + name + '"') != std::string::npos);
      Outputs outputs = right.outputs();
      outputs[name].type = {tensor.shape().inserted(1, 1).inserted(1, 1), tensor.type.kind};
      CHECK_THROWS_WITH_AS(task->judge(batch, outputs), doctest::Contains(("'" + name + "'").c_str()), Error);
    }
    CHECK_THROWS_WITH_AS(task->judge(batch, {}), doctest::Contains("; the model has: none; name it with Builder::output"),
                         Error);
  }
}

TEST_CASE("right answers score 1, also in a batch of one row") {
  for (const Conformer& one : conformers()) {
    if (!one.knows_answers()) continue;
    for (const std::string& text : one.texts()) {
      const auto task = make_task(text);
      for (const Split split : kSplits) {
        for (const Extent rows : {1, 40}) {
          CAPTURE(text);
          CAPTURE(rows);
          const Batch batch = filled(*task, split, {.seed = 5}, rows);
          const Score score = score_of(*task, batch, right_answers(one, batch));
          if (one.known.best == 1) {
            CHECK(score.mean == doctest::Approx(1).epsilon(1e-9));
          } else {
            CHECK(score.mean > 1);  // the predictor that it is compared with cannot know the item
          }
          CHECK(task->text(batch, rows - 1) != "");
        }
      }
    }
  }
}

TEST_CASE("wrong answers of a row lower its score, and that of no other row") {
  for (const Conformer& one : conformers()) {
    if (!one.knows_answers()) continue;
    for (const std::string& text : one.texts()) {
      CAPTURE(text);
      const auto task = make_task(text);
      const Batch batch = filled(*task, Split::kTest, {.seed = 5}, 3);
      const Answers answers = right_answers(one, batch);
      const std::vector<double> right = task->judge(batch, answers.outputs()).metrics[0].rows;
      for (const auto& [name, tensor] : answers.outputs()) spoil(Batch::rows_of(tensor, 1, 1));
      const std::vector<double> spoilt = task->judge(batch, answers.outputs()).metrics[0].rows;
      CHECK(spoilt[0] == right[0]);
      CHECK(spoilt[1] < right[1]);
      CHECK(spoilt[2] == right[2]);
    }
  }
}

TEST_CASE("guesses score as often as the task says") {
  for (const Conformer& one : conformers()) {
    if (!one.knows_answers()) continue;
    CAPTURE(one.info.name);
    const double of_default = one.texts().front() == one.info.name ? make_task(one.info.name)->chance() : -1;
    CHECK(of_default <= 1);
    if ((of_default >= 0) != !one.known.guessed.empty()) {
      FAIL_CHECK("its case in tests/support/task_cases.cpp needs a `guess` where it states a chance, and none where not.");
    }
    if (one.known.guessed.empty()) continue;
    const auto task = make_task(one.known.guessed);
    const Batch batch = filled(*task, Split::kTest, {.seed = 1}, one.known.guesses);
    Rng rng({.seed = 2, .stream = stream_of("guess")});
    Answers guesses;
    one.known.guess(*task, batch, rng, guesses);
    const Score score = score_of(*task, batch, guesses);
    CHECK(score.error > 0);  // some are right, some wrong
    CHECK(score.error < 0.3 * task->chance());
    CHECK(std::abs(score.mean - task->chance()) < 3.5 * score.error);
  }
}

TEST_CASE("an evaluation of a list asks each item once, however large its batches are") {
  for (const Conformer& one : conformers()) {
    if (one.known.listed.empty()) continue;
    CAPTURE(one.known.listed);
    const auto task = make_task(one.known.listed);
    std::vector<std::string> whole = rows_of(filled(*task, Split::kTest, {.seed = 1}, one.known.items), one.known.listed_by);
    std::sort(whole.begin(), whole.end());
    for (const Extent size : {1, 3}) {
      std::vector<std::string> parts;
      for (Extent first = 0; first < one.known.items; first += size) {
        const BatchKey key{.seed = 1, .number = first / size};
        const Extent rows = std::min(size, one.known.items - first);
        for (std::string& row : rows_of(filled(*task, Split::kTest, key, rows, first), one.known.listed_by))
          parts.push_back(std::move(row));
      }
      std::sort(parts.begin(), parts.end());
      CHECK((parts == whole));
    }
  }
}

}  // namespace fovea::conformance
