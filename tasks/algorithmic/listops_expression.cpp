#include "tasks/algorithmic/listops_expression.h"

#include <algorithm>
#include <numeric>
#include <sstream>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/files/input.h"

namespace fovea::listops {
namespace {

constexpr Index kZero = 1;  // the token of digit 0
constexpr Index kMin = 11;
constexpr Index kMax = 12;
constexpr Index kMed = 13;
constexpr Index kSum = 14;
constexpr Index kClose = 15;
constexpr double kShareOfOperations = 0.25;
constexpr int kMostTries = 100000;
constexpr Extent kDeepest = 1000;

Index applied(Index operation, std::vector<Index> digits) {
  if (operation == kMin) return *std::min_element(digits.begin(), digits.end());
  if (operation == kMax) return *std::max_element(digits.begin(), digits.end());
  if (operation == kSum) return std::accumulate(digits.begin(), digits.end(), Index{0}) % 10;
  std::sort(digits.begin(), digits.end());
  return (digits[(digits.size() - 1) / 2] + digits[digits.size() / 2]) / 2;
}

/// Appends a random subtree; false where the expression has become too long.
bool append(Rng& rng, const Limits& limits, Extent depth, Expression& to) {
  if (static_cast<Extent>(to.tokens.size()) >= limits.below) return false;
  if (depth >= limits.depth || rng.uniform() > kShareOfOperations) {
    to.value = static_cast<Index>(rng.below(10));
    to.tokens.push_back(kZero + to.value);
    return true;
  }
  const auto operation = static_cast<Index>(rng.between(kMin, kSum));
  std::vector<Index> digits(static_cast<std::size_t>(rng.between(2, limits.arguments)));
  to.tokens.push_back(operation);
  for (Index& digit : digits) {
    if (!append(rng, limits, depth + 1, to)) return false;
    digit = to.value;
  }
  to.tokens.push_back(kClose);
  to.value = applied(operation, std::move(digits));
  return true;
}

class Reader {
 public:
  explicit Reader(std::span<const Index> tokens) : tokens_(tokens) {}

  Index whole() {
    const Index value = next(1);
    if (at_ != tokens_.size()) reject("the end");
    return value;
  }

 private:
  Index next(Extent depth) {
    if (depth > kDeepest) reject("at most " + std::to_string(kDeepest) + " nested operations");
    const Index token = at_ < tokens_.size() ? tokens_[at_] : 0;
    if (token < kZero || token >= kClose) reject("a digit or an operation");
    ++at_;
    if (token < kMin) return token - kZero;
    std::vector<Index> digits;
    while (at_ == tokens_.size() || tokens_[at_] != kClose) digits.push_back(next(depth + 1));
    if (digits.empty()) reject("an argument");
    ++at_;
    return applied(token, std::move(digits));
  }

  [[noreturn]] void reject(const std::string& expected) const {
    const std::string came = at_ < tokens_.size() ? "'" + words()[tokens_[at_]] + "'" : "the end";
    throw Error("listops", expected + " was expected as token " + std::to_string(at_ + 1) + "; " + came +
                               " came; correct the expression.");
  }

  std::span<const Index> tokens_;
  std::size_t at_ = 0;
};

std::vector<Index> tokens_of(const std::string& text) {
  std::vector<Index> tokens;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) {
    if (word == "(" || word == ")") continue;
    const auto found = std::find(words().begin() + 1, words().end(), word);
    if (found == words().end()) {
      throw Error("listops", "a digit, an operation or ] was expected; " + in_quotes(word) + " came; correct the line.");
    }
    tokens.push_back(static_cast<Index>(found - words().begin()));
  }
  return tokens;
}

Expression expression_of(const std::string& line) {
  const std::size_t tab = line.find('\t');
  if (tab == std::string::npos)
    throw Error("listops",
                "an expression and a label, with a tab between them, were expected; there is no tab; correct the line.");
  const bool is_label_first = tab == 1;
  const std::string label = is_label_first ? line.substr(0, tab) : line.substr(tab + 1);
  Expression made{tokens_of(is_label_first ? line.substr(tab + 1) : line.substr(0, tab)), 0};
  made.value = value_of(made.tokens);
  if (label != std::to_string(made.value)) {
    throw Error("listops", "the value of the expression, " + std::to_string(made.value) + ", was expected as its label; " +
                               in_quotes(label) + " came; correct the line.");
  }
  return made;
}

}  // namespace

const std::vector<std::string>& words() {
  static const std::vector<std::string> kWords{".", "0", "1", "2",    "3",    "4",    "5",   "6",
                                               "7", "8", "9", "[MIN", "[MAX", "[MED", "[SM", "]"};
  return kWords;
}

Expression drawn(Rng& rng, const Limits& limits) {
  for (int tries = 0; tries < kMostTries; ++tries) {
    Expression made;
    if (!append(rng, limits, 1, made)) continue;
    const auto length = static_cast<Extent>(made.tokens.size());
    if (length > limits.above && length < limits.below) return made;
  }
  throw Error("listops", "expressions of more than " + std::to_string(limits.above) + " and less than " +
                             std::to_string(limits.below) + " tokens were expected; none of " + std::to_string(kMostTries) +
                             " was; widen the limits or raise max_depth.");
}

Index value_of(std::span<const Index> tokens) { return Reader(tokens).whole(); }

Expression written(std::string_view text) {
  std::string spaced;
  for (const char letter : text) {
    const bool is_small = letter >= 'a' && letter <= 'z';
    if (letter == '[' || letter == ']') spaced += ' ';
    spaced += is_small ? static_cast<char>(letter - 'a' + 'A') : letter;
    if (letter == ']') spaced += ' ';
  }
  Expression made{tokens_of(spaced), 0};
  made.value = value_of(made.tokens);
  return made;
}

std::vector<Expression> parse(std::string_view text, const std::string& name) {
  std::vector<Expression> made;
  std::size_t begin = 0;
  for (Extent number = 1; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line(text.substr(begin, end - begin));
    begin = end + 1;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || (number == 1 && line == "Source\tTarget")) continue;
    try {
      made.push_back(expression_of(line));
    } catch (const Error& error) {
      throw Error(name + ":" + std::to_string(number), error.fact());
    }
  }
  if (made.empty()) throw Error(name, "expressions were expected; there are none; give another file.");
  return made;
}

std::vector<Expression> read(const std::string& path) { return parse(*read_input(path), path); }

}  // namespace fovea::listops
