// Programs of a register machine from pairs of inputs and answers.

#include "framework/experiment.h"
#include "modules/program/synthesiser.h"
#include "tasks/algorithmic/word_machine.h"

namespace fovea {
namespace {

program::Instructions instructions(Extent registers, Extent bits) {
  auto set = std::make_shared<program::InstructionSet>();
  for (const synthesis::Operation& operation : synthesis::kOperations) {
    set->operations.push_back({std::string(operation.name), operation.operands, operation.apply});
  }
  set->registers = registers;
  set->bits = bits;
  return set;
}

enum class From : std::uint8_t { kPrograms, kRewards };

void build(Builder& b, const InputTypes& inputs, const program::SynthesiserOptions& options, From from) {
  program::Problem problem{b.input("before", inputs.at("before")), b.input("after", inputs.at("after"))};
  if (b.mode() == Mode::kTrain && from == From::kRewards) return program::learn_from_rewards(b, problem, options);
  problem.program = b.input("program", inputs.at("program"));
  if (b.mode() == Mode::kEvaluate) return program::synthesise(b, problem, options);
  program::learn_from_programs(b, problem, options);
}

class ProgramSynthesis final : public Experiment {
 public:
  ProgramSynthesis() { model_.samples = 16; }

  void fields(Options& options) override {
    options.add("registers", registers_, "of the machine, in [2, 6]", {.low = 2, .high = 6});
    options.add("live", live_, "registers that are compared; 0: all", {.low = 0, .high = 6});
    options.add("longest", model_.longest, "most instructions of a program, in [1, 4]", {.low = 1, .high = 4});
    options.add("bits", bits_, "bits of a word, in [2, 16]", {.low = 2, .high = 16});
    options.add("pairs", pairs_, "pairs of a problem, >= 1", {.low = 1, .high = 64});
    options.add("unseen", unseen_, "what test programs must not share with training programs", {"program", "shape"});
    options.add("learn_from", from_, "what is learned from: the programs, or rewards for pairs that come out right",
                {"programs", "rewards", "both"});
    model_.fields(options);
  }

  std::vector<RunSpec> runs() const override {
    std::vector<RunSpec> runs;
    if (from_ != "rewards") runs.push_back(run_of("programs", From::kPrograms));
    if (from_ != "programs") runs.push_back(run_of("rewards", From::kRewards));
    return runs;
  }

 private:
  RunSpec run_of(const std::string& name, From from) const {
    program::SynthesiserOptions model = model_;
    if (from == From::kRewards && model.site == program::SynthesiserOptions().site) {
      model.site = "dot | dense | sample | reinforce(baseline=leave_one_out, draws=4)";
    }
    model.set = instructions(registers_, bits_);
    RunSpec run;
    run.name = name;
    run.task = "program_synthesis(registers=" + std::to_string(registers_) + ", live=" + std::to_string(live_) +
               ", longest=" + std::to_string(model.longest) + ", bits=" + std::to_string(bits_) +
               ", pairs=" + std::to_string(pairs_) + ", unseen=" + unseen_ + ")";
    run.train.steps = 4000;
    run.train.batch = 128;
    run.train.shard_rows = 16;
    run.train.learning_rate = 4e-3;
    run.train.schedule = "warmup(100) * cosine(to=0.02)";
    run.train.clip_norm = 1;
    run.train.evaluate_every = 2000;
    run.train.validation_rows = 512;
    run.train.test_rows = 2000;
    run.model = [model, from](Builder& b, const InputTypes& types) { build(b, types, model, from); };
    return run;
  }

  Extent registers_ = 4;
  std::string from_ = "programs";
  Extent live_ = 0;
  Extent bits_ = 8;
  Extent pairs_ = 8;
  std::string unseen_ = "program";
  program::SynthesiserOptions model_;
};

FOVEA_EXPERIMENT("program_synthesis", ProgramSynthesis, R"doc(
Which programs does a controller find that chooses exact operations one after the other?

Question  A register machine is shown before and after a program of one to three instructions, for 8 random states of its four
          registers. A controller looks at the registers as they are and as they are wanted, chooses operation, destination
          and source at three hard sites, sees what the machine makes of it, and goes on until it chooses the halt. How often
          is that the shortest program, for programs that were never trained on? There are 246,490 of them.
Command   fovea run program_synthesis --seeds 3
          fovea run program_synthesis learn_from=rewards
Expect    6 to 15 minutes of training on one core. Of 2,000 unseen programs, 3 seeds: 91.7 % are found exactly by the best
          choices alone (93.1 % with other programs that are as short and right), 95.7 % (97.5 %) where 16 programs, the greedy
          one and 15 samples, are tried on the pairs; of those of three instructions 75.3 % and 87.0 %.
Options   samples=1 for only the greedy program; unseen=shape for test programs that no training program equals under other
          names of its registers; live=1 where the words of only one register are wanted; longest, registers, bits, pairs.
          learn_from=rewards learns from the pairs alone, by any estimator with a score function.
Source    execution-guided, as Chen, Liu & Song 2019 ("Execution-guided neural program synthesis", ICLR); samples that are
          tried on the pairs: Devlin et al. 2017, arXiv:1703.07469 (RobustFill); Balog et al. 2017, arXiv:1611.01989
          (DeepCoder). Their languages differ, so their figures cannot be compared.
)doc");

}  // namespace
}  // namespace fovea
