#include "tasks/qa/generator.h"

#include <array>

#include "framework/core/error.h"
#include "tasks/qa/words.h"

namespace fovea::qa {
namespace {

struct Entry {
  void (*family)(Extent, const Difficulty&, Teller&);
  Knobs knobs;
  Extent most_distractors;
};

constexpr Knobs kAll{true, true, true};
constexpr Extent kManyPairs = 1000;

const Entry& entry_of(Extent task) {
  static const std::array<Entry, kTasks> entries{{
      {tell_walk, kAll, kManyPairs},                  // 1
      {tell_objects, kAll, kManyPairs},               // 2
      {tell_objects, kAll, kManyPairs},               // 3
      {tell_grid, {false, true, true}, 6},            // 4: of nine places
      {tell_objects, kAll, kManyPairs},               // 5
      {tell_objects, kAll, kManyPairs},               // 6
      {tell_objects, kAll, kManyPairs},               // 7
      {tell_objects, kAll, kManyPairs},               // 8
      {tell_walk, kAll, kManyPairs},                  // 9
      {tell_walk, kAll, kManyPairs},                  // 10
      {tell_pairs, kAll, kManyPairs},                 // 11
      {tell_pairs, kAll, kManyPairs},                 // 12
      {tell_pairs, kAll, kManyPairs},                 // 13
      {tell_times, {true, true, false}, 0},           // 14
      {tell_rules, {true, true, false}, 0},           // 15
      {tell_rules, {true, false, false}, 0},          // 16
      {tell_grid, {false, true, true}, 3},            // 17: of six shapes
      {tell_sizes, {false, true, true}, kManyPairs},  // 18
      {tell_grid, {false, false, true}, 3},           // 19: of nine places
      {tell_motives, {true, false, false}, 0},        // 20
  }};
  if (task < 1 || task > kTasks) {
    throw Error("qa", "a task from 1 to 20 was expected; " + std::to_string(task) + " came; choose one of the twenty.");
  }
  return entries[task - 1];
}

struct KnobRange {
  bool exists;
  Extent low;
  Extent high;
};

void check_knob(Extent task, const std::string& name, Extent value, KnobRange range) {
  if (value == 0 || (range.exists && value >= range.low && value <= range.high)) return;
  const std::string wanted =
      range.exists ? "from " + std::to_string(range.low) + " to " + std::to_string(range.high) : "0, as it has none";
  throw Error("qa", name + " of task " + std::to_string(task) + " must be " + wanted + "; it is " + std::to_string(value) +
                        "; set " + name + "=0 for stories like the released ones.");
}

}  // namespace

Knobs knobs_of(Extent task) { return entry_of(task).knobs; }

void check_difficulty(Extent task, const Difficulty& difficulty) {
  const Entry& entry = entry_of(task);
  const Extent fewest = task == 12 || task == 13 || task == 16 ? 3 : 2;
  check_knob(task, "actors", difficulty.actors, {entry.knobs.actors, fewest, most_people()});
  check_knob(task, "questions", difficulty.questions, {entry.knobs.questions, 1, 1000});
  check_knob(task, "distractors", difficulty.distractors, {entry.knobs.distractors, 1, entry.most_distractors});
}

Story tell(Extent task, const Difficulty& difficulty, const Rng& rng) {
  Teller teller(rng);
  entry_of(task).family(task, difficulty, teller);
  return teller.take();
}

std::vector<Story> generate(const GeneratorOptions& options) {
  check_difficulty(options.task, options.difficulty);
  const std::uint32_t stream = stream_of("qa/" + options.stream + "/" + std::to_string(options.task));
  std::vector<Story> stories;
  for (Extent count = 0; count < options.questions; count += questions_of(stories.back())) {
    const auto number = static_cast<std::uint32_t>(stories.size());
    stories.push_back(tell(options.task, options.difficulty, Rng({.seed = options.seed, .stream = stream, .step = number})));
  }
  keep_questions(stories, options.questions);
  return stories;
}

}  // namespace fovea::qa
