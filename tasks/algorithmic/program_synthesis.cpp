// The task `program_synthesis`: pairs of states of a register machine, and the shortest program that explains them.

#include <algorithm>
#include <string>
#include <vector>

#include "framework/core/error.h"
#include "framework/task.h"
#include "tasks/algorithmic/program_pairs.h"
#include "tasks/algorithmic/program_table.h"
#include "tasks/data/lines.h"

namespace fovea {
namespace {

using synthesis::Examples;
using synthesis::Instruction;
using synthesis::kHalt;
using synthesis::kNone;
using synthesis::Program;
using synthesis::ProgramTable;

constexpr const char* kName = "program_synthesis";
constexpr Extent kParts = 3;  // of an instruction: operation, destination and source
constexpr int kTries = 20;    // examples of a program, before another program is drawn

/// Where the pairs of a batch are: those that are shown, and those that are held out.
struct Pairs {
  Tensor before, after;  // Index [B, P, R] and [B, P, live]

  std::vector<Index> words_before(Extent row, Extent pair) const { return words(before, row, pair); }
  std::vector<Index> words_after(Extent row, Extent pair) const { return words(after, row, pair); }
  Extent count() const { return before.shape()[1]; }

  void write(Extent row, const Examples& examples) const {
    for (std::size_t pair = 0; pair < examples.before.size(); ++pair) {
      const Extent place = row * count() + static_cast<Extent>(pair);
      std::copy_n(examples.before[pair].begin(), before.shape()[2], before.index() + place * before.shape()[2]);
      std::copy_n(examples.after[pair].begin(), after.shape()[2], after.index() + place * after.shape()[2]);
    }
  }

 private:
  static std::vector<Index> words(const Tensor& of, Extent row, Extent pair) {
    const Index* first = of.index() + (row * of.shape()[1] + pair) * of.shape()[2];
    return {first, first + of.shape()[2]};
  }
};

class ProgramSynthesis final : public Task {
 public:
  void fields(Options& options) override {
    options.add("registers", sizes_.registers, "of the machine, in [2, 6]", {.low = 2, .high = synthesis::kMostRegisters});
    options.add("live", live_, "registers, from the first on, whose words after the program are shown; 0: all",
                {.low = 0, .high = synthesis::kMostRegisters});
    options.add("longest", sizes_.longest, "most instructions of a program, in [1, 4]",
                {.low = 1, .high = synthesis::kMostInstructions});
    options.add("bits", sizes_.bits, "bits of a word, in [2, 16]", {.low = 2, .high = 16});
    options.add("pairs", pairs_, "pairs that are shown, in [1, 64]", {.low = 1, .high = 64});
    options.add("held_out", held_out_, "pairs that are not shown, for the judgement, in [1, 64]", {.low = 1, .high = 64});
    options.add("unseen", unseen_, "what is in only one split: a program, or its shape, whatever the names of registers",
                {"program", "shape"});
  }

  void check() const override {
    if (live_ > sizes_.registers) {
      throw Error(kName, "live must not be above registers; live is " + std::to_string(live_) + " and registers is " +
                             std::to_string(sizes_.registers) + "; set live=0 for all.");
    }
    table();
  }

  void fill(Rng& rng, Split split, Batch& batch) const override {
    const Tensors made = tensors(batch, pairs_);
    for (Extent row = 0; row < batch.rows(); ++row) {
      const Problem problem = draw_problem(rng, split);
      made.shown.write(row, problem.examples);
      made.held.write(row, draw_examples(rng, problem.program, held_out_));
      write(problem.program, made.program, row);
    }
  }

  Meanings meanings() const override {
    using enum TensorMeaning::What;
    return {{{"before", kIndex, {"pair", "register"}},
             {"after", kIndex, {"pair", "register"}},
             {"held_before", kIndex, {"held_pair", "register"}},
             {"held_after", kIndex, {"held_pair", "register"}},
             {"program", kIndex, {"step", "part"}, "", kNone},
             {"output_program", kIndex, {"step", "part"}, "", kNone},
             {"found", kIndex, {"step", "part"}, "", kNone}},
            {}};
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const Tensor wanted = batch.at("program");
    Judgement judgement;
    add_metrics(batch, require_output(outputs, "program", wanted.type, kName), "", judgement);
    const auto searched = outputs.find("found");
    const bool is_there = searched != outputs.end() && searched->second.type == wanted.type;
    if (is_there) add_metrics(batch, searched->second, "found_", judgement);
    for (Extent row = 0; row < batch.rows(); ++row) {
      judgement.slices.push_back("L=" + std::to_string(program_of(wanted, row).size()));
    }
    return judgement;
  }

  double chance() const override { return 1 / static_cast<double>(table()->size()); }

  std::string text(const Batch& batch, Extent row) const override {
    const Pairs shown{batch.at("before"), batch.at("after")};
    std::string text = "registers before -> after\n";
    for (Extent pair = 0; pair < pairs_; ++pair) {
      for (const Index word : shown.words_before(row, pair)) text += " " + std::to_string(word);
      text += " ->";
      for (const Index word : shown.words_after(row, pair)) text += " " + std::to_string(word);
      text += "\n";
    }
    return text + "program: " + synthesis::program_text(program_of(batch.at("program"), row)) + "\n";
  }

  std::string item_format() const override {
    return "pairs of the words of all " + std::to_string(sizes_.registers) +
           " registers before a program and of the first " + std::to_string(live()) + " after it, in [0, " +
           std::to_string(synthesis::word_mask(sizes_.bits)) + "], such as '1 2 -> 3 2; 4 5 -> 9 5' for two registers";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) {
      const Examples shown = synthesis::pairs_in(line, sizes());
      const Tensors made = tensors(batch, static_cast<Extent>(shown.before.size()));
      made.shown.write(0, shown);
      // Which program it is, is not known: none, and the same pairs as those held out.
      std::fill_n(made.program.index(), made.program.size(), kNone);
      made.held.write(0, synthesis::repeated(shown, held_out_));
    });
  }

  /// The program that was chosen, and the one that a search has found, where there is one.
  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    const Type type{Shape{batch.rows(), sizes_.longest + 1, kParts}, Kind::kIndex};
    const auto found = outputs.find("found");
    const bool is_found = found != outputs.end() && found->second.type == type;
    const std::string chosen = text_of(require_output(outputs, "program", type, kName), row);
    return chosen + (is_found ? " (found: " + text_of(found->second, row) + ")" : "") + "\n";
  }

 private:
  struct Problem {
    Program program;
    Examples examples;
  };

  struct Tensors {
    Pairs shown, held;
    Tensor program;  // Index [B, longest + 1, 3]
  };

  Tensors tensors(Batch& batch, Extent pairs) const {
    const auto make = [&](const char* name, Extent count, Extent words) {
      return batch.make(name, {Shape{batch.rows(), count, words}, Kind::kIndex});
    };
    const Extent registers = sizes_.registers;
    return {{make("before", pairs, registers), make("after", pairs, live())},
            {make("held_before", held_out_, registers), make("held_after", held_out_, live())},
            make("program", sizes_.longest + 1, kParts)};
  }

  /// A program as people read it, where a machine could run it.
  std::string text_of(const Tensor& programs, Extent row) const {
    const Program program = program_of(programs, row);
    const bool can_run = synthesis::can_run(program, sizes_.registers);
    return can_run ? program.empty() ? "(nothing)" : synthesis::program_text(program) : "(no program)";
  }

  void add_metrics(const Batch& batch, const Tensor& programs, const std::string& prefix, Judgement& judgement) const {
    const Pairs shown{batch.at("before"), batch.at("after")};
    const Pairs held{batch.at("held_before"), batch.at("held_after")};
    std::vector<double> exact, equivalent, fits, holds;
    for (Extent row = 0; row < batch.rows(); ++row) {
      const Program right = program_of(batch.at("program"), row);
      const Program made = program_of(programs, row);
      fits.push_back(share_right(made, shown, row) == 1 ? 1 : 0);
      holds.push_back(share_right(made, held, row));
      exact.push_back(made == right ? 1 : 0);
      equivalent.push_back(fits.back() == 1 && holds.back() == 1 && made.size() <= right.size() ? 1 : 0);
    }
    judgement.metrics.push_back({prefix + "exact", std::move(exact)});
    judgement.metrics.push_back({prefix + "equivalent", std::move(equivalent)});
    judgement.metrics.push_back({prefix + "fits_pairs", std::move(fits)});
    judgement.metrics.push_back({prefix + "held_out_right", std::move(holds)});
  }

  Extent live() const { return live_ == 0 ? sizes_.registers : live_; }

  synthesis::MachineSizes sizes() const {
    synthesis::MachineSizes sizes = sizes_;
    sizes.live = live();
    sizes.unseen = unseen_ == "shape" ? synthesis::Unseen::kShape : synthesis::Unseen::kProgram;
    return sizes;
  }
  std::shared_ptr<const ProgramTable> table() const { return ProgramTable::of(sizes()); }

  Problem draw_problem(Rng& rng, Split split) const {
    const auto programs = table();
    const std::span<const Extent> members = programs->programs(rng.between(1, sizes_.longest), split);
    while (true) {
      const Extent number = members[rng.below(static_cast<Extent>(members.size()))];
      Problem problem{programs->program(number), {}};
      for (int attempt = 0; attempt < kTries; ++attempt) {
        problem.examples = draw_examples(rng, problem.program, pairs_);
        if (programs->is_only(number, problem.examples)) return problem;
      }
    }
  }

  Examples draw_examples(Rng& rng, const Program& program, Extent count) const {
    Examples examples;
    for (Extent i = 0; i < count; ++i) {
      std::vector<Index> registers(static_cast<std::size_t>(sizes_.registers));
      for (Index& word : registers) word = static_cast<Index>(rng.below(Extent{1} << sizes_.bits));
      examples.before.push_back(registers);
      synthesis::run(program, synthesis::word_mask(sizes_.bits), registers.data());
      examples.after.push_back(std::move(registers));
    }
    return examples;
  }

  /// The instructions, the halt, and nothing after it.
  void write(const Program& program, const Tensor& to, Extent row) const {
    Index* out = to.index() + row * (sizes_.longest + 1) * kParts;
    for (std::size_t step = 0; step <= static_cast<std::size_t>(sizes_.longest); ++step) {
      const Instruction behind{step == program.size() ? kHalt : kNone, kNone, kNone};
      const Instruction& instruction = step < program.size() ? program[step] : behind;
      for (const Index part : {instruction.operation, instruction.destination, instruction.source}) *out++ = part;
    }
  }

  /// The instructions of a row before its first halt.
  Program program_of(const Tensor& programs, Extent row) const {
    Program program;
    const Index* in = programs.index() + row * (sizes_.longest + 1) * kParts;
    for (Extent step = 0; step <= sizes_.longest && in[0] != kHalt; ++step, in += kParts) {
      program.push_back({in[0], in[1], in[2]});
    }
    return program;
  }

  /// The share of pairs that a program explains; 0 where it cannot be run or has no halt.
  double share_right(const Program& program, const Pairs& pairs, Extent row) const {
    const bool is_whole = static_cast<Extent>(program.size()) <= sizes_.longest;
    if (!is_whole || !synthesis::can_run(program, sizes_.registers)) return 0;
    double right = 0;
    for (Extent pair = 0; pair < pairs.count(); ++pair) {
      std::vector<Index> registers = pairs.words_before(row, pair);
      synthesis::run(program, synthesis::word_mask(sizes_.bits), registers.data());
      registers.resize(live());
      right += registers == pairs.words_after(row, pair) ? 1 : 0;
    }
    return right / static_cast<double>(pairs.count());
  }

  synthesis::MachineSizes sizes_;
  Extent live_ = 0;
  Extent pairs_ = 8;
  Extent held_out_ = 16;
  std::string unseen_ = "program";
};

FOVEA_TASK("program_synthesis", ProgramSynthesis, R"doc(
Program synthesis: states of a register machine before and after a program, answered by the shortest such program.

Example   184 63 59 2 -> 125 2 59 2; 173 122 148 60 -> 25 56 148 60; ... has the program "and r1 r3; sub r0 r2".
Machine   registers hold words, integers modulo 2^bits; an instruction is destination = operation(destination, source), of not,
          shl, shr (no source), mov, and, or, xor, add, sub, with a source that is another register.
Inputs    before Index [B, P, R] and after Index [B, P, L], words of all registers and of the first `live`, for P pairs of
          random states; held_before Index [B, Q, R] and held_after Index [B, Q, L], the same for pairs that are not shown;
          program Index [B, longest + 1, 3], operation (in the order above; halt after them), destination and source of
          every step, -1 for none and after the halt. A length is drawn uniformly, then a program of that length.
Programs  two programs are the same function where the live registers agree for 256 random states. Every function has one
          canonical program, the shortest, and of these the first by operation, destination and source, instruction after
          instruction; only these are drawn. Pairs are drawn until no other function of as many instructions or less explains
          them, which is tried on all of them; so the answer is unique except for equivalent programs of its length.
          With the defaults there are 246,490 functions.
Splits    by program: 8 of 10 canonical programs of each length are for training, 1 for validation, 1 for the test; with
          unseen=shape, all that differ only by the names of registers are in one split.
Judges    output "program", Index [B, longest + 1, 3], what comes before its first halt: exact (the canonical program),
          equivalent (as short, and right for the pairs shown and held out), fits_pairs (right for those shown),
          held_out_right (share of held-out pairs). An output "found" of the same type is judged too, as found_exact and so
          on. Slices "L=2" by length.
Chance    one over the number of functions.
Errors    live above registers; more than 2^22 programs to look at; an output of another shape.
Source    in the manner of Gulwani, Jha, Tiwari & Venkatesan 2011, "Synthesis of loop-free programs", for words, and of Balog
          et al. 2017, arXiv:1611.01989, for test programs that no training program equals.
)doc");

}  // namespace
}  // namespace fovea
