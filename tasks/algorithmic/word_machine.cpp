#include "tasks/algorithmic/word_machine.h"

#include <algorithm>

namespace fovea::synthesis {

void run(const Program& program, Index mask, Index* registers) {
  for (const Instruction& step : program) execute(step, mask, registers);
}

std::vector<Instruction> all_instructions(Extent registers) {
  std::vector<Instruction> all;
  for (Index operation = 0; operation < kHalt; ++operation) {
    const bool has_source = kOperations[operation].operands == 2;
    for (Index destination = 0; destination < registers; ++destination) {
      if (!has_source) all.push_back({operation, destination, kNone});
      for (Index source = 0; has_source && source < registers; ++source) {
        if (source != destination) all.push_back({operation, destination, source});
      }
    }
  }
  return all;
}

bool can_run(const Program& program, Extent registers) {
  return std::all_of(program.begin(), program.end(), [registers](const Instruction& step) {
    if (step.operation < 0 || step.operation >= kHalt) return false;
    if (step.destination < 0 || step.destination >= registers) return false;
    if (kOperations[step.operation].operands == 1) return step.source == kNone;
    return step.source >= 0 && step.source < registers && step.source != step.destination;
  });
}

std::string program_text(const Program& program) {
  std::string text;
  for (const Instruction& step : program) {
    text +=
        (text.empty() ? "" : "; ") + std::string(kOperations[step.operation].name) + " r" + std::to_string(step.destination);
    if (step.source >= 0) text += " r" + std::to_string(step.source);
  }
  return text;
}

}  // namespace fovea::synthesis
