#pragma once

#include "modules/program/controller.h"

// Programs from examples, one instruction after the other, each executed before the next is chosen. Axis letters: B batch, P
// pairs of a problem, R registers, L those whose words are wanted, T steps.
namespace fovea::program {

/// What is known of a problem.
struct Problem {
  Value before;     // Index [B, P, R]
  Value after;      // Index [B, P, L]
  Value program{};  // Index [B, T, 3], operation, destination and source of every step, T = longest + 1; -1 after the halt
};

/// Learns from programs: every choice is that of the label, which is executed.
///
/// Outputs   "cost" [B], the sum of -log softmax of the labels' scores at the sites, whatever they select; the metric
///           "choices_right", 1 where the best scores of all steps are those of the labels.
/// Source    Chen, Liu & Song 2019, "Execution-guided neural program synthesis": the choice sees what was executed so far.
void learn_from_programs(Builder& b, const Problem& problem, const SynthesiserOptions& options);

/// Learns from pairs alone: choices are made by the sites, and what they lead to has a price.
///
/// Outputs   "cost" [B]: 1 where any word is wrong in the end, plus wrong_bits times the share of bits that are wrong, plus
///           length times the instructions, less entropy times the entropy of the choices in nats; the metric "solved", 1
///           where no word is wrong.
/// Errors    a selector that keeps several items; an estimator without a score function, with which nothing is learned.
void learn_from_rewards(Builder& b, const Problem& problem, const SynthesiserOptions& options);

/// Writes a program: at every step what the sites choose, until they choose the halt.
///
/// Outputs   "program" Index [B, T, 3]. Where the problem's own program is known, the results show how often each site
///           chooses as it does, as long as all choices before were its own.
/// Errors    a selector that keeps several items.
void synthesise(Builder& b, const Problem& problem, const SynthesiserOptions& options);

}  // namespace fovea::program
