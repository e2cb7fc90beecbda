#include "tasks/algorithmic/program_table.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <numeric>
#include <unordered_set>

#include "framework/core/error.h"
#include "tasks/algorithmic/probe_states.h"

namespace fovea::synthesis {
namespace {

constexpr Extent kMostPrograms = Extent{1} << 22;

std::vector<Index> numbers_below(Extent count) {
  std::vector<Index> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), Index{0});
  return numbers;
}

Instruction renamed(const Instruction& step, std::span<const Index> names) {
  const auto name = [names](Index number) { return number < 0 ? number : names[number]; };
  return {step.operation, name(step.destination), name(step.source)};
}

}  // namespace

/// Appends to every function of a level all instructions, in canonical order, and keeps the functions that are new: what an
/// instruction makes of a known function has been seen already.
class ProgramTable::Search {
 public:
  explicit Search(ProgramTable& table)
      : table_(table), states_(table.sizes_.registers, table.sizes_.bits), all_(numbers_below(table.sizes_.registers)) {
    live_.assign(all_.begin(), all_.begin() + table.sizes_.live);
    known_.insert(states_.hash(all_));
    known_live_.insert(states_.hash(live_));
    table.nodes_.push_back({.live_function = states_.hash(live_)});
    table.levels_[1] = 1;
  }

  void add_level(Extent length) {
    const auto begin = table_.levels_[static_cast<std::size_t>(length) - 1];
    const Extent end = table_.levels_[length];
    const std::vector<Instruction> instructions = all_instructions(table_.sizes_.registers);
    if ((end - begin) * static_cast<Extent>(instructions.size()) > kMostPrograms) {
      throw Error("program_synthesis", "at most " + std::to_string(kMostPrograms) + " programs can be looked at; of " +
                                           std::to_string(length) + " instructions there are " +
                                           std::to_string((end - begin) * static_cast<Extent>(instructions.size())) +
                                           "; give fewer registers or a smaller longest.");
    }
    for (Extent parent = begin; parent < end; ++parent) {
      table_.nodes_[parent].first_child = static_cast<Extent>(table_.nodes_.size());
      const Program before = table_.program(parent);
      for (const Instruction& last : instructions) try_program(parent, before, last);
    }
    table_.levels_[static_cast<std::size_t>(length) + 1] = static_cast<Extent>(table_.nodes_.size());
  }

 private:
  void try_program(Extent parent, const Program& before, const Instruction& last) {
    states_.start();
    for (const Instruction& step : before) states_.execute(step);
    states_.execute(last);
    if (!known_.insert(states_.hash(all_)).second) return;
    const std::uint64_t live = states_.hash(live_);
    const bool is_new = known_live_.insert(live).second;
    table_.nodes_.push_back({.parent = parent, .last = last, .live_function = live, .is_canonical = is_new});
    ++table_.nodes_[parent].children;
  }

  ProgramTable& table_;
  ProbeStates states_;
  std::vector<Index> all_, live_;
  std::unordered_set<std::uint64_t> known_, known_live_;
};

ProgramTable::ProgramTable(const MachineSizes& sizes) : sizes_(sizes) {
  Search search(*this);
  for (Extent length = 1; length <= sizes.longest; ++length) search.add_level(length);
  split_programs();
}

std::shared_ptr<const ProgramTable> ProgramTable::of(const MachineSizes& sizes) {
  static std::mutex mutex;
  static std::map<MachineSizes, std::shared_ptr<const ProgramTable>> known;
  const std::lock_guard lock(mutex);
  auto& table = known[sizes];
  if (table == nullptr) table = std::make_shared<ProgramTable>(sizes);
  return table;
}

Extent ProgramTable::size() const {
  return std::count_if(nodes_.begin(), nodes_.end(), [](const Node& node) { return node.is_canonical; });
}

Program ProgramTable::program(Extent number) const {
  Program program;
  for (; number > 0; number = at(number).parent) program.push_back(at(number).last);
  std::reverse(program.begin(), program.end());
  return program;
}

std::span<const Extent> ProgramTable::programs(Extent length, Split split) const {
  return members_[static_cast<std::size_t>(split)][length];
}

Extent ProgramTable::level_of(Extent number) const {
  return std::upper_bound(levels_.begin() + 1, levels_.begin() + sizes_.longest + 2, number) - levels_.begin() - 1;
}

bool ProgramTable::explains(Extent number, const Examples& examples) const {
  const Program steps = program(number);
  for (std::size_t pair = 0; pair < examples.before.size(); ++pair) {
    std::vector<Index> registers = examples.before[pair];
    run(steps, word_mask(sizes_.bits), registers.data());
    if (!std::equal(registers.begin(), registers.begin() + sizes_.live, examples.after[pair].begin())) return false;
  }
  return true;
}

/// Walks over the programs that are shorter than the one asked for, and over their children where one may be right.
class ProgramTable::Rivals {
 public:
  Rivals(const ProgramTable& table, Extent number, const Examples& examples)
      : table_(table), examples_(examples), function_(table.at(number).live_function) {
    std::copy(examples.before[0].begin(), examples.before[0].end(), start_.begin());
    longest_ = table.level_of(number);
  }

  bool exist() const { return exist_below(0, start_, 0); }

 private:
  using Registers = std::array<Index, kMostRegisters>;

  // The last instruction changes one register: of a program that is wrong in two or more of the first pair no child is
  // right.
  bool exist_below(Extent number, const Registers& registers, Extent length) const {
    const auto wrong = std::inner_product(registers.begin(), registers.begin() + table_.sizes_.live,
                                          examples_.after[0].begin(), Extent{0}, std::plus<>(), std::not_equal_to<>());
    const Node& node = table_.at(number);
    if (wrong == 0 && node.live_function != function_ && table_.explains(number, examples_)) return true;
    if (length == longest_ || (length + 1 == longest_ && wrong > 1)) return false;
    for (Extent child = node.first_child; child < node.first_child + node.children; ++child) {
      Registers after = registers;
      execute(table_.at(child).last, word_mask(table_.sizes_.bits), after.data());
      if (exist_below(child, after, length + 1)) return true;
    }
    return false;
  }

  const ProgramTable& table_;
  const Examples& examples_;
  std::uint64_t function_;
  Extent longest_ = 0;
  Registers start_{};
};

bool ProgramTable::is_only(Extent number, const Examples& examples) const {
  return !Rivals(*this, number, examples).exist();
}

/// A number for each node, by which its split is drawn: its own, or shared by all that differ by names of registers.
std::vector<std::uint64_t> ProgramTable::split_keys() const {
  std::vector<std::uint64_t> keys(nodes_.size());
  std::iota(keys.begin(), keys.end(), std::uint64_t{0});
  if (sizes_.unseen == Unseen::kProgram) return keys;
  std::fill(keys.begin(), keys.end(), ~std::uint64_t{0});
  ProbeStates states(sizes_.registers, sizes_.bits);
  std::vector<Index> names = numbers_below(sizes_.registers);
  const std::vector<Index> live = numbers_below(sizes_.live);
  do {
    const bool keeps_live =
        std::all_of(names.begin(), names.begin() + sizes_.live, [&](Index n) { return n < sizes_.live; });
    for (std::size_t node = 0; keeps_live && node < nodes_.size(); ++node) {
      states.start();
      for (const Instruction& step : program(static_cast<Extent>(node))) states.execute(renamed(step, names));
      keys[node] = std::min(keys[node], states.hash(live));
    }
  } while (std::next_permutation(names.begin(), names.end()));
  return keys;
}

/// Of every length, 8 of 10 keys go to training, 1 to validation and 1 to the test, at least one to each.
void ProgramTable::split_programs() {
  const std::vector<std::uint64_t> keys = split_keys();
  for (Extent length = 1; length <= sizes_.longest; ++length) {
    std::map<std::uint64_t, std::vector<Extent>> groups;
    const auto end = levels_[static_cast<std::size_t>(length) + 1];
    for (Extent node = levels_[length]; node < end; ++node) {
      const auto place = static_cast<std::size_t>(node);
      if (nodes_[place].is_canonical) groups[keys[place]].push_back(node);
    }
    std::vector<std::vector<Extent>> order;
    for (auto& [key, members] : groups) order.push_back(std::move(members));
    std::sort(order.begin(), order.end());
    if (order.size() < 3) {
      throw Error("program_synthesis", "at least 3 kinds of programs of " + std::to_string(length) +
                                           " instructions were expected, for three splits; there are " +
                                           std::to_string(order.size()) + "; give more registers or unseen=program.");
    }
    Rng rng({.seed = 1, .stream = stream_of("program_synthesis/splits"), .step = static_cast<std::uint32_t>(length)});
    rng.shuffle(std::span(order));
    const std::size_t share = std::max<std::size_t>(order.size() / 10, 1);
    for (std::size_t group = 0; group < order.size(); ++group) {
      const std::size_t split = group < share ? 2 : group < 2 * share ? 1 : 0;  // in the order of Split
      auto& to = members_[split][length];
      to.insert(to.end(), order[group].begin(), order[group].end());
    }
  }
}

}  // namespace fovea::synthesis
