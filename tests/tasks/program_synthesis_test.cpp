#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "framework/core/error.h"
#include "framework/train/training.h"
#include "tasks/algorithmic/program_table.h"

namespace {

using namespace fovea;
using namespace fovea::synthesis;

constexpr const char* kSmall = "program_synthesis(registers=2, longest=2, bits=2, pairs=3)";

Batch filled(const std::string& text, Extent rows, std::uint64_t seed = 1) {
  Batch batch(rows);
  fill_batch(*make_task(text), Split::kTrain, {.seed = seed}, batch);
  return batch;
}

Program program_of(const Batch& batch, Extent row) {
  const Extent steps = batch.at("program").shape()[1];
  Program program;
  for (const Index* in = batch.at("program").index() + row * steps * 3; *in != kHalt; in += 3) {
    program.push_back({in[0], in[1], in[2]});
  }
  return program;
}

std::vector<Index> after(const Program& program, std::vector<Index> registers, Extent bits) {
  run(program, word_mask(bits), registers.data());
  return registers;
}

/// What a program makes of all 16 states of two registers of two bits.
std::vector<Index> function_of(const Program& program) {
  std::vector<Index> function;
  for (Index state = 0; state < 16; ++state) {
    for (const Index word : after(program, {state / 4, state % 4}, 2)) function.push_back(word);
  }
  return function;
}

/// All programs of two registers and at most two instructions, the shortest first, each in canonical order.
std::vector<Program> all_programs() {
  std::vector<Program> all{{}};
  const std::vector<Instruction> instructions = all_instructions(2);
  for (const Instruction& one : instructions) all.push_back({one});
  for (const Instruction& one : instructions) {
    for (const Instruction& other : instructions) all.push_back({one, other});
  }
  return all;
}

std::set<Program> programs_of(const ProgramTable& table, Split split) {
  std::set<Program> programs;
  for (Extent length = 1; length <= 2; ++length) {
    for (const Extent number : table.programs(length, split)) programs.insert(table.program(number));
  }
  return programs;
}

double mean_of(const Judgement& judgement, std::size_t metric) {
  double sum = 0;
  for (const double row : judgement.metrics[metric].rows) sum += row;
  return sum / static_cast<double>(judgement.metrics[metric].rows.size());
}

std::string message_of(const std::string& text) {
  try {
    make_task(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a word machine computes what its operations are called, modulo 2^W") {
  const std::vector<std::pair<Instruction, Index>> cases{
      {{0, 0, kNone}, 0b0101}, {{1, 0, kNone}, 0b0100}, {{2, 0, kNone}, 0b0101}, {{3, 0, 1}, 0b0111}, {{4, 0, 1}, 0b0010},
      {{5, 0, 1}, 0b1111},     {{6, 0, 1}, 0b1101},     {{7, 0, 1}, 0b0001},     {{8, 0, 1}, 0b0011},
  };
  REQUIRE(cases.size() == kOperations.size());
  for (const auto& [step, wanted] : cases) {
    const std::string text = program_text({step});
    CAPTURE(text);
    CHECK(after({step}, {0b1010, 0b0111}, 4) == std::vector<Index>{wanted, 0b0111});
  }
  CHECK(program_text({{6, 2, 0}, {2, 2, kNone}}) == "xor r2 r0; shr r2");
}

TEST_CASE("a program table holds the first shortest program of every function, and nothing else") {
  const ProgramTable table({.registers = 2, .live = 2, .longest = 2, .bits = 2});
  std::map<std::vector<Index>, Program> first;
  for (const Program& program : all_programs()) first.emplace(function_of(program), program);
  std::set<Program> wanted;
  for (const auto& [function, program] : first) {
    if (!program.empty()) wanted.insert(program);
  }
  std::set<Program> found;
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) found.merge(programs_of(table, split));
  CHECK(found == wanted);
  CHECK(table.size() == static_cast<Extent>(wanted.size()));
}

TEST_CASE("no program is in two splits, and with unseen=shape none under other names of its registers") {
  const ProgramTable table({.registers = 2, .live = 2, .longest = 2, .bits = 4, .unseen = Unseen::kShape});
  std::map<Program, int> split_of;
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    for (const Program& program : programs_of(table, split)) {
      CHECK(split_of.emplace(program, static_cast<int>(split)).second);
    }
  }
  int compared = 0;
  for (const auto& [program, split] : split_of) {
    Program other = program;
    for (Instruction& step : other) {
      step.destination = 1 - step.destination;
      if (step.source >= 0) step.source = 1 - step.source;
    }
    const auto found = split_of.find(other);  // where the program under other names is canonical too
    if (found == split_of.end()) continue;
    CHECK(found->second == split);
    ++compared;
  }
  CHECK(compared > 50);
}

TEST_CASE("the pairs of a problem are those of its program, and no other function that is as short explains them") {
  const Batch batch = filled(kSmall, 60);
  for (Extent row = 0; row < 60; ++row) {
    const Program right = program_of(batch, row);
    for (const Program& program : all_programs()) {
      bool explains = program.size() <= right.size();
      for (Extent pair = 0; pair < 3; ++pair) {
        const Index* before = batch.at("before").index() + (row * 3 + pair) * 2;
        const Index* wanted = batch.at("after").index() + (row * 3 + pair) * 2;
        explains = explains && after(program, {before[0], before[1]}, 2) == std::vector<Index>{wanted[0], wanted[1]};
      }
      CHECK(explains == (program.size() <= right.size() && function_of(program) == function_of(right)));
    }
  }
}

TEST_CASE("with fewer live registers only their words are shown and compared") {
  const char* text = "program_synthesis(registers=3, live=1, longest=2)";
  const Batch batch = filled(text, 30);
  CHECK(batch.at("after").shape() == Shape{30, 8, 1});
  for (Extent row = 0; row < 30; ++row) {
    const Program program = program_of(batch, row);
    CHECK(program.back().destination == 0);  // what is done to another register at the end is not visible
  }
  CHECK(mean_of(make_task(text)->judge(batch, {{"program", batch.at("program")}}), 0) == 1);
}

TEST_CASE("the program itself is exact, another order of it equivalent, and one without halt nothing") {
  const auto task = make_task("program_synthesis(longest=2)");
  const Batch batch = filled("program_synthesis(longest=2)", 1);
  const std::vector<Index> right{4, 1, 0, 7, 3, 2, kHalt, -1, -1};  // and r1 r0; add r3 r2
  std::copy(right.begin(), right.end(), batch.at("program").index());
  for (const auto& [before_name, after_name] : {std::pair{"before", "after"}, std::pair{"held_before", "held_after"}}) {
    for (Extent pair = 0; pair < batch.at(before_name).shape()[1]; ++pair) {
      const Index* words = batch.at(before_name).index() + pair * 4;
      const auto wanted = after({{4, 1, 0}, {7, 3, 2}}, {words, words + 4}, 8);
      std::copy(wanted.begin(), wanted.end(), batch.at(after_name).index() + pair * 4);
    }
  }
  const auto judged = [&](std::vector<Index> program) {
    const Judgement judgement = task->judge(batch, {{"program", {program.data(), batch.at("program").type}}});
    CHECK(judgement.slices == std::vector<std::string>{"L=2"});
    return std::array<double, 4>{mean_of(judgement, 0), mean_of(judgement, 1), mean_of(judgement, 2), mean_of(judgement, 3)};
  };
  CHECK(judged(right) == std::array<double, 4>{1, 1, 1, 1});
  CHECK(judged({7, 3, 2, 4, 1, 0, kHalt, -1, -1}) == std::array<double, 4>{0, 1, 1, 1});
  CHECK(judged({4, 1, 0, 7, 3, 2, 4, 1, 0}) == std::array<double, 4>{0, 0, 0, 0});        // right, but it does not halt
  CHECK(judged({4, 1, 1, 7, 3, 2, kHalt, -1, -1}) == std::array<double, 4>{0, 0, 0, 0});  // no instruction of the machine
}

TEST_CASE("a program that is right but longer than it has to be is not equivalent") {
  const auto task = make_task("program_synthesis(longest=2)");
  for (std::uint64_t seed = 1; seed < 99; ++seed) {
    const Batch batch = filled("program_synthesis(longest=2)", 1, seed);
    const Index* right = batch.at("program").index();
    const bool is_idempotent = right[0] >= 3 && right[0] <= 5;  // mov, and, or
    if (right[3] != kHalt || !is_idempotent) continue;
    std::vector<Index> twice{right[0], right[1], right[2], right[0], right[1], right[2], kHalt, -1, -1};
    const Judgement judgement = task->judge(batch, {{"program", {twice.data(), batch.at("program").type}}});
    CHECK(mean_of(judgement, 1) == 0);
    CHECK(mean_of(judgement, 2) == 1);
    return;
  }
  FAIL("no seed gave one instruction that can be repeated");
}

TEST_CASE("options that do not fit are errors that say what to do") {
  CHECK(message_of("program_synthesis(registers=2, live=3)").find("set live=0") != std::string::npos);
  CHECK(message_of("program_synthesis(registers=4, longest=4)").find("fewer registers") != std::string::npos);
  CHECK(message_of("program_synthesis(registers=1)").find("registers") != std::string::npos);
  CHECK(message_of("program_synthesis(unseen=shapes)").find("shape") != std::string::npos);
}

TEST_CASE("a problem is printed in a readable form") {
  const Batch batch = filled(kSmall, 1);
  const std::string text = make_task(kSmall)->text(batch, 0);
  CHECK(text.find(" -> ") != std::string::npos);
  CHECK(text.find("program: " + program_text(program_of(batch, 0)) + "\n") != std::string::npos);
}
