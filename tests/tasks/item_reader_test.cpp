// Items of numbers, tokens and bits as users write them: reading what was drawn gives it back.
#include <doctest/doctest.h>

#include "tasks/algorithmic/listops_expression.h"
#include "tests/tasks/item_reader_check.h"

namespace fovea {
namespace {

using test::answer_of;
using test::badly_answered;
using test::drawn_items;
using test::indexes_of;
using test::is_row_of;
using test::read_item;
using test::reals_of;
using test::written;

constexpr Extent kRows = 20;

/// Whether every drawn item of a task, written as `text` says, is read again as it was drawn.
bool come_back(const std::string& task, const std::function<std::string(const Batch&, Extent)>& text,
               const std::vector<std::string>& names = {}) {
  const Batch drawn = drawn_items(task, kRows);
  for (Extent row = 0; row < kRows; ++row) {
    if (!is_row_of(drawn, row, read_item(task, {text(drawn, row)}), names)) return false;
  }
  return true;
}

/// Bits of the first channels at a step.
std::string bits_at(const Batch& batch, Extent row, Extent step, Extent bits) {
  const Tensor input = batch.at("input");
  const Real* vector = reals_of(batch, "input", row) + step * input.shape()[2];
  std::string text;
  for (Extent bit = 0; bit < bits; ++bit) text += vector[bit] != 0 ? '1' : '0';
  return text;
}

std::string vectors_at(const Batch& batch, Extent row, Extent first, Extent count, Extent bits) {
  std::string text;
  for (Extent i = 0; i < count; ++i) text += (i == 0 ? "" : " ") + bits_at(batch, row, first + i, bits);
  return text;
}

/// The pairs at the front of a row of mqar, and all of its keys as questions.
std::string pairs_of(const Batch& batch, Extent row, Extent pairs, Extent key, Extent value) {
  const Index* tokens = indexes_of(batch, "tokens", row);
  std::string told, asked;
  for (Extent i = 0; i < pairs; ++i, tokens += key + value) {
    told += written(tokens, key, ",") + ":" + written(tokens + key, value, ",") + " ";
    asked += " " + written(tokens, key, ",");
  }
  return told + "?" + asked;
}

}  // namespace

TEST_CASE("numbers to sort come back with all of their digits, at lengths that are not trained as well") {
  for (const char* order : {"ascending", "alternating", "farthest_from_half"}) {
    const std::string task = std::string("sort_numbers(order=") + order + ", n=";
    const Batch drawn = drawn_items(task + "7)", kRows);
    for (Extent row = 0; row < kRows; ++row) {
      const Batch read = read_item(task + "3)", {written(reals_of(drawn, "items", row), 7)});
      CHECK(is_row_of(drawn, row, read));
    }
  }
}

TEST_CASE("numbers outside of [0, 1] are moved into it with their distances, and answered as they were written") {
  const Batch item = read_item("sort_numbers", {"30 -10 20.5 123456789.25"});
  const Real* items = reals_of(item, "items", 0);
  CHECK(static_cast<double>(items[1]) == doctest::Approx(0.2));
  CHECK(static_cast<double>(items[3]) == doctest::Approx(0.8));
  CHECK(std::vector<Index>(indexes_of(item, "targets", 0), indexes_of(item, "targets", 0) + 4) ==
        std::vector<Index>{1, 2, 0, 3});
  CHECK(answer_of<Index>("sort_numbers", item, "pointers", {1, 4}, {1, 2, 0, 3}) == "-10 20.5 30 123456789.25\n");
  const Batch equal = read_item("sort_numbers", {"7 7"});
  CHECK(static_cast<double>(reals_of(equal, "items", 0)[0]) == 0.5);
}

TEST_CASE("a pointer beyond the items is an error of the model") {
  const Batch item = read_item("sort_numbers", {"0.5 0.25"});
  CHECK(answer_of<Index>("sort_numbers", item, "pointers", {1, 2}, {1, 0}) == "0.25 0.5\n");
  CHECK_THROWS_WITH_AS(answer_of<Index>("sort_numbers", item, "pointers", {1, 2}, {2, 0}), doctest::Contains("[0, 2)"),
                       Error);
}

TEST_CASE("sequences of tokens come back with what is asked of them") {
  for (const char* order : {"sort", "reverse", "copy"}) {
    const auto first_half = [](const Batch& batch, Extent row) {
      return written(indexes_of(batch, "tokens", row), batch.at("targets").shape()[1]);
    };
    CHECK(come_back(std::string("reorder(order=") + order + ")", first_half));
  }
  CHECK(come_back("induction_heads(length=9)",
                  [](const Batch& batch, Extent row) { return written(indexes_of(batch, "tokens", row), 9); }));
  CHECK(come_back("selective_copy(length=30, data=4)",
                  [](const Batch& batch, Extent row) { return written(indexes_of(batch, "tokens", row), 30); }));
}

TEST_CASE("expressions come back with their values, brackets with or without spaces") {
  const std::string task = "listops(min_length=3, max_length=60)";
  for (const bool is_close : {false, true}) {
    CHECK(come_back(task, [is_close](const Batch& batch, Extent row) {
      std::string text;
      const Index* tokens = indexes_of(batch, "tokens", row);
      for (Extent t = 0; t < 59 && tokens[t] != 0; ++t) {
        const std::string& word = listops::words()[tokens[t]];
        text += (t == 0 || (is_close && word == "]") ? "" : " ") + word;
      }
      return text;
    }));
  }
  const Batch item = read_item(task, {"[max 2 9[MIN 4 7]0]"});
  CHECK(indexes_of(item, "targets", 0)[0] == 10);
  CHECK(answer_of<Index>(task, item, "answers", {1, 1}, {10}) == "9\n");
}

TEST_CASE("pairs of keys and values come back, each key asked for in a slot of its own after them") {
  struct Case {
    std::string options;
    Extent pairs, key, value;
  };
  for (const Case& one : {Case{"sizes=64x4", 4, 1, 1}, Case{"sizes=60x3, key_tokens=2, value_tokens=3", 3, 2, 3}}) {
    const std::string task = "mqar(vocabulary=200, " + one.options + ")";
    const Batch drawn = drawn_items(task, kRows);
    for (Extent row = 0; row < kRows; ++row) {
      const Batch read = read_item(task, {pairs_of(drawn, row, one.pairs, one.key, one.value)});
      REQUIRE(is_row_of(drawn, row, read, {"targets"}));
      const Extent width = one.key + one.value;
      const Index* tokens = indexes_of(read, "tokens", 0);
      CHECK(read.at("tokens").shape() == drawn.at("tokens").shape().with(0, 1));
      CHECK(std::equal(tokens, tokens + one.pairs * width, indexes_of(drawn, "tokens", row)));
      for (Extent q = 0; q < one.pairs; ++q) {  // the key and the value but its last token, read once more
        const Extent slot = indexes_of(read, "places", 0)[q * one.value] - one.key + 1;
        CHECK(slot == (one.pairs + q) * width);
        CHECK(std::equal(tokens + q * width, tokens + (q + 1) * width - 1, tokens + slot));
      }
    }
  }
}

TEST_CASE("more pairs than those of training make a longer sequence, and noise is always the same") {
  const Batch item = read_item("mqar(sizes=8x2, vocabulary=100)", {"1:60 2:70 3:80 4:90 ? 4 1"});
  CHECK(item.at("tokens").shape() == Shape{1, 12});
  CHECK(item.at("targets").index()[0] == 90);
  const std::string noisy = "mqar(sizes=16x2, vocabulary=100, filler=noise)";
  const Batch once = read_item(noisy, {"1:60 2:70 ? 2"});
  CHECK(is_row_of(once, 0, read_item(noisy, {"1:60 2:70 ? 2"})));
  CHECK(indexes_of(once, "tokens", 0)[15] != indexes_of(once, "tokens", 0)[14]);
}

TEST_CASE("keys with their values come back, and the nearest one is what a query asks for") {
  const std::string task = "lookup(n=5, width=3, noise=0.001)";
  CHECK(come_back(task, [](const Batch& batch, Extent row) {
    std::string text;
    for (Extent i = 0; i < 5; ++i) {
      text += (i == 0 ? "" : "; ") + std::to_string(indexes_of(batch, "values", row)[i]) + ": " +
              written(reals_of(batch, "keys", row) + 3 * i, 3);
    }
    return text + " ? " + written(reals_of(batch, "query", row), 3);
  }));
  const Batch item = read_item("lookup(width=1)", {"5: 0.1; 2: 0.7 ? 0.6"});
  CHECK(item.at("target").index()[0] == 2);
  CHECK(answer_of<Index>("lookup(width=1)", item, "answer", {1}, {2}) == "2\n");
}

TEST_CASE("vectors of bits come back with what is to be repeated of them") {
  CHECK(come_back("copy(min_length=3, max_length=3, bits=5)",
                  [](const Batch& batch, Extent row) { return vectors_at(batch, row, 1, 3, 5); }));
  CHECK(come_back("repeat_copy(min_length=2, max_length=2, min_repeats=3, max_repeats=6, test_repeats=4, bits=5)",
                  [](const Batch& batch, Extent row) { return "4: " + vectors_at(batch, row, 1, 2, 5); }));
  CHECK(come_back("priority_sort(vectors=4, told=3, bits=5)", [](const Batch& batch, Extent row) {
    std::string text;
    for (Extent i = 0; i < 4; ++i) {
      text += bits_at(batch, row, i, 5) + ":" + written(reals_of(batch, "input", row) + i * 7 + 5, 1) + " ";
    }
    return text;
  }));
  CHECK(come_back("associative_recall(min_items=4, max_items=4, vectors=2, bits=5)", [](const Batch& batch, Extent row) {
    std::string text;
    for (Extent i = 0; i < 4; ++i) text += (i == 0 ? "" : "; ") + vectors_at(batch, row, 3 * i + 1, 2, 5);
    return text + " ? " + vectors_at(batch, row, 13, 2, 5);
  }));
}

TEST_CASE("a sequence of bits comes back; only the one after its end is not known") {
  const std::string task = "dynamic_ngrams(n=3, length=20)";
  const auto text = [](const Batch& batch, Extent row) {
    std::string bits;
    for (Extent step = 0; step < 19; ++step) bits += bits_at(batch, row, step, 1);
    return bits.insert(8, " ");
  };
  CHECK(come_back(task, text, {"input", "mask"}));
  const Batch drawn = drawn_items(task, 1);
  const Batch read = read_item(task, {text(drawn, 0)});
  CHECK(std::equal(reals_of(read, "target", 0), reals_of(read, "target", 0) + 18, reals_of(drawn, "target", 0)));
  CHECK(answer_of<Real>(task, read_item(task, {"011"}), "scores", {1, 3, 1}, {9, 9, -1}) == "0 (73 %)\n");
}

TEST_CASE("scores of bits are answered as vectors, and as the end where they mark it") {
  const Batch item = read_item("copy(bits=2)", {"10 11"});
  CHECK(answer_of<Real>("copy(bits=2)", item, "scores", {1, 6, 2}, {9, 9, 9, 9, 9, 9, 9, 9, 1, -1, 1, 1}) == "10 11\n");
  const Batch twice = read_item("repeat_copy(bits=1)", {"2: 1"});
  const std::vector<Real> scores{9, 9, 9, 9, 9, 9, 1, -1, 1, -1, -1, 1};
  CHECK(answer_of<Real>("repeat_copy(bits=1)", twice, "scores", {1, 6, 2}, scores) == "1 1 end\n");
}

TEST_CASE("pairs of states come back, at another number of them as well") {
  const std::string task = "program_synthesis(registers=2, longest=1, bits=4, pairs=3)";
  const auto text = [](const Batch& batch, Extent row) {
    std::string pairs;
    for (Extent p = 0; p < batch.at("before").shape()[1]; ++p) {
      pairs += (p == 0 ? "" : "; ") + written(indexes_of(batch, "before", row) + 2 * p, 2) + " -> " +
               written(indexes_of(batch, "after", row) + 2 * p, 2);
    }
    return pairs;
  };
  CHECK(come_back(task, text, {"before", "after"}));
  const Batch item = read_item(task, {"1 2 -> 3 2"});
  CHECK(item.types().size() == drawn_items(task, 1).types().size());
  CHECK(indexes_of(item, "program", 0)[0] == -1);  // so that nothing says which program is right
  CHECK(answer_of<Index>(task, item, "program", {1, 2, 3}, {7, 0, 1, 9, -1, -1}) == "add r0 r1\n");
  CHECK(answer_of<Index>(task, item, "program", {1, 2, 3}, {9, -1, -1, 9, -1, -1}) == "(nothing)\n");
  CHECK(answer_of<Index>(task, item, "program", {1, 2, 3}, {7, 5, 1, 9, -1, -1}) == "(no program)\n");
}

TEST_CASE("what is no item of numbers, tokens or bits is answered by one line") {
  CHECK(badly_answered({
            {"sort_numbers", {"3 x 2"}, "column 3"},
            {"sort_numbers", {"1e99999"}, "a number"},
            {"sort_numbers(order=nearest_to_half)", {"0.5 3"}, "a number in [0, 1]"},
            {"reorder(numbers=9, max_length=5)", {"3 10"}, "[1, 9]"},
            {"reorder", {"3 4 3"}, "3 came twice; remove one, or train with distinct=false"},
            {"induction_heads", {"1 2 0 3"}, "the token 0 once"},
            {"induction_heads", {"1 2 0 0"}, "the token 0 once"},
            {"induction_heads", {"0 2 0 3 0"}, "the token 0 once"},
            {"selective_copy", {"0 0"}, "a token above 0"},
            {"selective_copy", {"0 15"}, "[0, 14]"},
            {"listops", {"[MAX 2 9"}, "the end came"},
            {"listops", {"[MOX 2 9 ]"}, "'[MOX' came"},
            {"listops(min_length=2, max_length=5)", {"[MAX 2 9 1 ]"}, "larger max_length"},
            {"mqar", {"1:5000 2"}, "a value"},
            {"mqar", {"1:5000 2:6000"}, "'?' and at least one key"},
            {"mqar", {"1:5000 1:6000 ? 1"}, "keys that differ"},
            {"mqar", {"1:5000 ? 2"}, "a key of one of the pairs"},
            {"mqar(sizes=60x3, key_tokens=2)", {"1:5000 ? 1"}, "2 tokens"},
            {"lookup(width=2)", {"5: 0.1 0.2"}, "'?' and a query"},
            {"lookup(width=2)", {"5: 0.1 ? 1 2"}, "2 numbers"},
            {"lookup(width=2)", {"9: 0.1 0.2 ? 1 2"}, "[0, 7]"},
            {"copy(bits=3)", {"101 10"}, "column 5"},
            {"copy(bits=3)", {"101 10x"}, "each 0 or 1"},
            {"repeat_copy(bits=3)", {"101 101"}, "a colon"},
            {"repeat_copy(bits=3)", {"0: 101"}, "a number of repeats"},
            {"priority_sort(bits=3)", {"101:2"}, "[-1, 1]"},
            {"priority_sort(bits=3)", {"101"}, "VECTOR:PRIORITY"},
            {"associative_recall(bits=3, vectors=1, max_items=3)", {"101; 111"}, "'?' and an item"},
            {"associative_recall(bits=3, vectors=1, max_items=3)", {"101; 111 ? 111"}, "it is the last one"},
            {"associative_recall(bits=3, vectors=1, max_items=3)", {"101; 101 ? 101"}, "items that differ"},
            {"associative_recall(bits=3, vectors=2, max_items=3)", {"101; 101 ? 101"}, "2 vectors"},
            {"dynamic_ngrams", {"011"}, "at least 5 bits"},
            {"dynamic_ngrams", {"0112"}, "each 0 or 1"},
            {"program_synthesis", {"1 2 3 4"}, "'->'"},
            {"program_synthesis", {"1 2 3 4 -> 1 2 3"}, "4 words after"},
            {"program_synthesis", {"1 2 3 4 -> 1 2 3 256"}, "[0, 255]"},
        }) == "");
}

}  // namespace fovea
