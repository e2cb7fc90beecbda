#include "tests/support/task_cases.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <numeric>

#include "tasks/algorithmic/program_table.h"
#include "tasks/language/number_symbols.h"
#include "tasks/language/number_words.h"
#include "tests/support/data_task_cases.h"

namespace fovea::test {
namespace {

using Right = TaskCase::Right;
using Guess = TaskCase::Guess;

/// Outputs that are tensors of the batch: {output, tensor}, ...
Right copies(std::vector<std::pair<std::string, std::string>> pairs) {
  return [pairs = std::move(pairs)](const Batch& batch, Answers& answers) {
    for (const auto& [output, tensor] : pairs) {
      const Tensor from = batch.at(tensor);
      std::copy_n(static_cast<const std::byte*>(from.data), from.bytes(),
                  static_cast<std::byte*>(answers.make(output, from.type).data));
    }
  };
}

/// Scores of bits, by their signs.
void score_bits(const Batch& batch, Answers& answers) {
  const Tensor target = batch.at("target");
  const Tensor scores = answers.make("scores", target.type);
  for (Extent i = 0; i < target.size(); ++i) scores.real()[i] = target.real()[i] != 0 ? Real(9) : Real(-9);
}

/// Scores of one class among `classes`; the others have 0.
Right class_scores(Extent classes, Real score) {
  return [=](const Batch& batch, Answers& answers) {
    const Tensor target = batch.at("target");
    const Tensor scores = answers.make("scores", {target.shape().inserted(2, classes), Kind::kReal});
    for (Extent i = 0; i < target.size(); ++i) scores.real()[i * classes + target.index()[i]] = score;
  };
}

/// Numbers of [low, high], of the type of a tensor.
void draw(Rng& rng, Extent low, Extent high, const Tensor& to) {
  for (Extent i = 0; i < to.size(); ++i) to.index()[i] = static_cast<Index>(rng.between(low, high));
}

Guess uniform(const std::string& output, const std::string& tensor, Extent low, Extent high) {
  return [=](const Task&, const Batch& batch, Rng& rng, Answers& answers) {
    draw(rng, low, high, answers.make(output, batch.at(tensor).type));
  };
}

/// Numbers of (0, 1), of the type of a tensor.
Guess uniform_reals(const std::string& output, const std::string& tensor) {
  return [=](const Task&, const Batch& batch, Rng& rng, Answers& answers) {
    const Tensor to = answers.make(output, batch.at(tensor).type);
    rng.fill_uniform({to.real(), static_cast<std::size_t>(to.size())});
  };
}

void guess_caption(const Task&, const Batch& batch, Rng& rng, Answers& answers) {
  draw(rng, 0, 9, answers.make("answers", batch.at("targets").type));
  draw(rng, 0, 3, answers.make("looked", batch.at("regions").type));
}

void guess_order(const Task&, const Batch& batch, Rng& rng, Answers& answers) {
  const Tensor pointers = answers.make("pointers", batch.at("targets").type);
  const Extent n = pointers.shape()[1];
  for (Extent b = 0; b < batch.rows(); ++b) {
    const std::span<Index> row{pointers.index() + b * n, static_cast<std::size_t>(n)};
    std::iota(row.begin(), row.end(), Index{0});
    rng.shuffle(row);
  }
}

/// A day of the year 2000.
void guess_date(const Task&, const Batch& batch, Rng& rng, Answers& answers) {
  const Tensor to = answers.make("answers", batch.at("targets").type);
  const std::chrono::sys_days first{std::chrono::year{2000} / 1 / 1};
  for (Extent b = 0; b < batch.rows(); ++b) {
    const std::chrono::year_month_day date{first + std::chrono::days{rng.below(366)}};
    const auto month = static_cast<Index>(static_cast<unsigned>(date.month()));
    const auto day = static_cast<Index>(static_cast<unsigned>(date.day()));
    const std::vector<Index> text{2, 0, 0, 0, 10, month / 10, month % 10, 10, day / 10, day % 10};
    std::copy(text.begin(), text.end(), to.index() + b * 10);
  }
}

/// The name of a number below 100, in the language of the row.
void guess_name(const Task&, const Batch& batch, Rng& rng, Answers& answers) {
  const Tensor to = answers.make("answers", batch.at("targets").type);
  const Extent width = to.shape()[1];
  for (Extent b = 0; b < batch.rows(); ++b) {
    const auto language = static_cast<std::size_t>(batch.at("language").index()[b]);
    const std::vector<Index> name = number_words::symbols_of(number_words::languages()[language].name(rng.below(100)));
    std::copy(name.begin(), name.end(), to.index() + b * width);  // what follows is the end
  }
}

/// Any function of two registers and at most two instructions.
void guess_program(const Task&, const Batch& batch, Rng& rng, Answers& answers) {
  const auto table = synthesis::ProgramTable::of({.registers = 2, .live = 2, .longest = 2});
  const Tensor to = answers.make("program", batch.at("program").type);
  std::fill_n(to.index(), to.size(), synthesis::kHalt);
  for (Extent b = 0; b < batch.rows(); ++b) {
    Index* out = to.index() + b * 9;
    for (const synthesis::Instruction& step : table->program(rng.below(table->size()) + 1)) {
      for (const Index part : {step.operation, step.destination, step.source}) *out++ = part;
    }
  }
}

/// What most training items are answered by.
Guess most_frequent(const std::string& output, const std::string& tensor) {
  return [=](const Task& task, const Batch& batch, Rng&, Answers& answers) {
    Batch train(20000);
    fill_batch(task, Split::kTrain, {.seed = 1}, train);
    std::map<Index, Extent> counts;
    for (Extent i = 0; i < train.rows(); ++i) ++counts[train.at(tensor).index()[i]];
    const auto by_count = [](const auto& a, const auto& b) { return a.second < b.second; };
    const Tensor to = answers.make(output, batch.at(tensor).type);
    std::fill_n(to.index(), to.size(), std::max_element(counts.begin(), counts.end(), by_count)->first);
  };
}

using Cases = std::map<std::string, TaskCase>;

void add_bits(Cases& cases) {
  cases["copy"] = {.texts = {"copy(bits=1, max_length=1)"}, .right = score_bits, .apart = "copy(min_length=9)"};
  cases["repeat_copy"] = {.texts = {"repeat_copy(bits=1, max_length=1, max_repeats=1)"},
                          .right = score_bits,
                          .apart = "repeat_copy(min_length=9)"};
  cases["associative_recall"] = {
      .texts = {"associative_recall(max_items=2, bits=2, vectors=1)"}, .right = score_bits, .apart = "associative_recall"};
  cases["priority_sort"] = {
      .texts = {"priority_sort(vectors=1, told=1, bits=1)"}, .right = score_bits, .apart = "priority_sort"};
  // Tables that leave no doubt write the same sequences again and again.
  cases["dynamic_ngrams"] = {
      .texts = {"dynamic_ngrams(n=1, length=2)"}, .right = score_bits, .best = std::numeric_limits<double>::infinity()};
}

void add_choices(Cases& cases) {
  cases["polynomial"] = {.texts = {"polynomial(choices=1, target=0.6)"},
                         .right = copies({{"probability", "target"}}),
                         .is_constant = true,
                         .guessed = "polynomial(choices=3)",
                         .guess = uniform_reals("probability", "target")};
  cases["nearest_subset"] = {.texts = {"nearest_subset(items=2, k=1)"},
                             .right = copies({{"marginals", "target"}}),
                             .is_constant = true,
                             .guessed = "nearest_subset(items=4, k=2)",
                             .guess = uniform_reals("marginals", "target")};
  cases["program_synthesis"] = {.texts = {"program_synthesis(registers=2, longest=1, live=1, pairs=1, held_out=1)"},
                                .right = copies({{"program", "program"}}),
                                .apart = "program_synthesis(registers=2, longest=2)",
                                .apart_by = {"program"},
                                .guessed = "program_synthesis(registers=2, longest=2)",
                                .guess = guess_program};
}

void add_tokens(Cases& cases) {
  const Right right = copies({{"answers", "targets"}});
  cases["induction_heads"] = {.texts = {"induction_heads(length=3, vocabulary=2)"},
                              .right = right,
                              .apart = "induction_heads",
                              .guessed = "induction_heads(length=9, vocabulary=5)",
                              .guess = uniform("answers", "targets", 1, 4)};
  cases["mqar"] = {.texts = {"mqar(sizes=8x1+12x2, vocabulary=9, key_tokens=1, value_tokens=1, filler=noise)"},
                   .right = right,
                   .apart = "mqar",
                   .guessed = "mqar(sizes=16x2, vocabulary=12)",
                   .guess = uniform("answers", "targets", 6, 11)};
  cases["selective_copy"] = {.texts = {"selective_copy(length=1, data=1, vocabulary=3)"},
                             .right = right,
                             .apart = "selective_copy(length=200)",
                             .guessed = "selective_copy(length=20)",
                             .guess = uniform("answers", "targets", 1, 14)};
  cases["reorder"] = {.texts = {"reorder(min_length=1, max_length=1, numbers=1)", "reorder(order=reverse, distinct=false)"},
                      .right = right,
                      .apart = "reorder(min_length=9)"};
  cases["lookup"] = {.texts = {"lookup(n=2, width=1, values=2, noise=0)"},
                     .right = copies({{"answer", "target"}, {"chosen", "place"}}),
                     .apart = "lookup",
                     .guessed = "lookup",
                     .guess = uniform("answer", "target", 0, 7)};
  cases["sort_numbers"] = {.texts = {"sort_numbers(n=1)", "sort_numbers(n_min=2, n_max=5, order=alternating)"},
                           .right = copies({{"pointers", "targets"}}),
                           .apart = "sort_numbers",
                           .guessed = "sort_numbers(n=3)",
                           .guess = guess_order};
}

void add_listops(Cases& cases, const std::filesystem::path& folder) {
  const std::string file = (folder / "expressions").string();
  std::ofstream(file) << "2\t[SM 9 3 ]\n9\t[MAX 9 3 ]\n3\t[MIN 9 3 ]\n1\t[MIN 1 3 ]\n4\t[MED 1 8 ]\n";
  cases["listops"] = {.texts = {"listops(min_length=3, max_length=5)"},
                      .right = copies({{"answers", "targets"}}),
                      .apart = "listops",
                      .guessed = "listops(min_length=3, max_length=20)",
                      .guess = uniform("answers", "targets", 1, 10),
                      .listed = "listops(min_length=3, max_length=20, test_file=" + file + ")",
                      .items = 5};
}

void add_stories(Cases& cases) {
  cases["babi"] = {.texts = {"babi(task=16+19, memory=1, train_questions=200, test_questions=20, order=latest_first)"},
                   .right = copies({{"answer", "answer"}, {"chosen", "facts"}}),
                   .apart = "babi(task=2)",
                   .apart_by = {"story", "question"},
                   .is_list = true,
                   .guessed = "babi(task=9)",
                   .guess = most_frequent("answer", "answer"),
                   .guesses = 1000,
                   .listed = "babi(task=16+19, test_questions=40)",
                   .items = 80,
                   .listed_by = {"story", "question"}};
  cases["needle"] = {.texts = {"needle(length=16, train_questions=20, test_questions=20)"},
                     .right = copies({{"answers", "targets"}}),
                     .apart = "needle",
                     .guessed = "needle(length=40, task=9)",
                     .guess = most_frequent("answers", "targets"),
                     .guesses = 1000,
                     .listed = "needle(length=60, test_questions=40)",
                     .items = 40,
                     .listed_by = {"targets"}};  // the rest is drawn
}

void add_language(Cases& cases, const std::filesystem::path& folder) {
  cases["date_translation"] = {.texts = {"date_translation(first_year=9999, last_year=9999)"},
                               .right = copies({{"answers", "targets"}}),
                               .apart = "date_translation(first_year=2000, last_year=2000)",
                               .apart_by = {"targets"},
                               .guessed = "date_translation(first_year=2000, last_year=2000)",
                               .guess = guess_date};
  cases["number_names"] = {
      .texts = {"number_names(languages=fi, digits=2)", "number_names(direction=to_digits, train_numbers=30)"},
      .right = copies({{"answers", "targets"}}),
      .apart = "number_names(digits=3)",
      .apart_by = {"source"},
      .guessed = "number_names(digits=2)",
      .guess = guess_name};
  cases["domain_text"] = {.texts = {"domain_text(length=2, domains=1, words=2, successors=1)"},
                          .right = class_scores(27, 20),
                          .best = std::numeric_limits<double>::infinity(),
                          .apart = "domain_text"};
  const std::string file = (folder / "bytes").string();
  std::ofstream out(file, std::ios::binary);
  Rng rng;
  for (int i = 0; i < 9000; ++i) out.put(static_cast<char>(rng.below(256)));
  cases["text_file"] = {.texts = {"text_file(path=" + file + ")", "text_file(length=1, path=" + file + ")"},
                        .right = class_scores(256, 50),
                        .apart = "text_file(path=" + file + ")"};
}

void add_images(Cases& cases) {
  cases["glimpse"] = {.texts = {"glimpse(grid=2, digits=4, noise=0, specks=0)"},
                      .right = copies({{"answers", "targets"}, {"looked", "regions"}}),
                      .apart = "glimpse(grid=2, digits=2)",
                      .apart_by = {"targets", "regions"},
                      .guessed = "glimpse(grid=2, digits=1)",
                      .guess = guess_caption};
}

}  // namespace

Tensor Answers::make(const std::string& name, const Type& type) {
  std::vector<std::byte>& memory = memory_[name];
  memory.assign(std::max<std::size_t>(type.bytes(), 1), std::byte{0});
  return outputs_[name] = {memory.data(), type};
}

std::map<std::string, TaskCase> task_cases(const std::filesystem::path& folder) {
  Cases cases;
  add_bits(cases);
  add_choices(cases);
  add_tokens(cases);
  add_listops(cases, folder);
  add_stories(cases);
  add_language(cases, folder);
  add_images(cases);
  add_own_data(cases, folder);
  return cases;
}

}  // namespace fovea::test
