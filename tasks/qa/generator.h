#pragma once

#include <string>
#include <vector>

#include "tasks/qa/story.h"
#include "tasks/qa/teller.h"

namespace fovea::qa {

/// Where stories depart from the released ones; 0: as released.
struct Difficulty {
  Extent actors = 0;       // people in a story; tasks 4 and 17 to 19 have none
  Extent questions = 0;    // of a story; tasks 16, 19 and 20 have their own number
  Extent distractors = 0;  // more pairs of statements before a question, or more things in tasks 4, 17 and 19
};

struct GeneratorOptions {
  Extent task = 1;          // 1 to 20
  Extent questions = 1000;  // altogether, >= 1; the last story may end early
  std::uint64_t seed = 1;
  std::string stream = "train";  // another name, other stories
  Difficulty difficulty = {};
};

/// Stories of one of the twenty bAbI tasks, with the distributions of the released data.
///
/// Story i depends on the seed, the stream, the task, the difficulty and i only.
/// Errors    a difficulty that the task does not have, or too much of it.
/// Source    Weston et al. 2015, arXiv:1502.05698; how the released stories were drawn is inferred from their statistics.
std::vector<Story> generate(const GeneratorOptions& options);

/// One story of a task.
Story tell(Extent task, const Difficulty& difficulty, const Rng& rng);

/// Whether a task has this kind of difficulty.
struct Knobs {
  bool actors;
  bool questions;
  bool distractors;
};
Knobs knobs_of(Extent task);
void check_difficulty(Extent task, const Difficulty& difficulty);

// The families of tasks, a file each: generator_FAMILY.cpp. Each writes one story of the task.
void tell_walk(Extent task, const Difficulty& difficulty, Teller& teller);     // 1, 9, 10: one person a statement
void tell_pairs(Extent task, const Difficulty& difficulty, Teller& teller);    // 11, 12, 13: pronouns and pairs of people
void tell_times(Extent task, const Difficulty& difficulty, Teller& teller);    // 14: times of the day
void tell_objects(Extent task, const Difficulty& difficulty, Teller& teller);  // 2, 3, 5 to 8: people and objects
void tell_grid(Extent task, const Difficulty& difficulty, Teller& teller);     // 4, 17, 19: things on a grid
void tell_sizes(Extent task, const Difficulty& difficulty, Teller& teller);    // 18: what fits in what
void tell_rules(Extent task, const Difficulty& difficulty, Teller& teller);    // 15, 16: deduction and induction
void tell_motives(Extent task, const Difficulty& difficulty, Teller& teller);  // 20: why people go

}  // namespace fovea::qa
