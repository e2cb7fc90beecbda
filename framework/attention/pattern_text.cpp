#include "framework/attention/pattern_text.h"

#include <algorithm>
#include <cctype>

#include "framework/core/error.h"
#include "framework/core/text.h"

namespace fovea {
namespace {

using Part = std::shared_ptr<const Pattern>;

class Pair : public Pattern {
 public:
  Pair(Part left, Part right) : left_(std::move(left)), right_(std::move(right)) {}
  std::vector<PatternTerm> terms() const final {
    return depends_on_data(*left_) || depends_on_data(*right_) ? joint_terms() : Pattern::terms();
  }

 protected:
  virtual std::vector<PatternTerm> joint_terms() const = 0;
  Part left_;
  Part right_;
};

class Union final : public Pair {
 public:
  using Pair::Pair;
  void candidates(Extent query, Extent queries, Extent items, ItemIntervals& out) const override {
    append_union(candidates_of(*left_, query, queries, items), candidates_of(*right_, query, queries, items), out);
  }
  Extent pairs_at_most(Extent queries, Extent items) const override {
    return std::min(left_->pairs_at_most(queries, items) + right_->pairs_at_most(queries, items), queries * items);
  }
  bool is_dense() const override { return left_->is_dense() || right_->is_dense(); }
  bool is_causal() const override { return left_->is_causal() && right_->is_causal(); }
  std::vector<PatternTerm> joint_terms() const override {
    std::vector<PatternTerm> all = left_->terms();
    for (PatternTerm& term : right_->terms()) all.push_back(std::move(term));
    return all;
  }
};

class Intersection final : public Pair {
 public:
  using Pair::Pair;
  void candidates(Extent query, Extent queries, Extent items, ItemIntervals& out) const override {
    append_intersection(candidates_of(*left_, query, queries, items), candidates_of(*right_, query, queries, items), out);
  }
  Extent pairs_at_most(Extent queries, Extent items) const override {
    return std::min(left_->pairs_at_most(queries, items), right_->pairs_at_most(queries, items));
  }
  bool is_dense() const override { return left_->is_dense() && right_->is_dense(); }
  bool is_causal() const override { return left_->is_causal() || right_->is_causal(); }
  // (a + b) & (c + d) = a & c + a & d + b & c + b & d
  std::vector<PatternTerm> joint_terms() const override {
    std::vector<PatternTerm> all;
    for (const PatternTerm& left : left_->terms()) {
      for (const PatternTerm& right : right_->terms()) {
        all.push_back(left);
        all.back().places.insert(all.back().places.end(), right.places.begin(), right.places.end());
        all.back().choosers.insert(all.back().choosers.end(), right.choosers.begin(), right.choosers.end());
      }
    }
    return all;
  }
};

/// union = intersection {"+" intersection}; intersection = part {"&" part}; part = "(" union ")" | name[(arguments)].
class PatternParser {
 public:
  explicit PatternParser(std::string_view text) : text_(text) {}

  PatternExpression parse() {
    const PatternExpression whole = parse_union();
    if (place_ < text_.size()) reject("'+', '&' or the end");
    return whole;
  }

 private:
  struct Term : PatternExpression {
    bool is_union = false;
  };

  Term parse_union() {
    Term left = parse_intersection();
    while (accept('+')) {
      const Term right = parse_intersection();
      left = {{std::make_shared<Union>(left.pattern, right.pattern), left.text + " + " + right.text, joined(left, right)},
              true};
    }
    return left;
  }

  Term parse_intersection() {
    Term left = parse_part();
    while (accept('&')) {
      const Term right = parse_part();
      left = {{std::make_shared<Intersection>(left.pattern, right.pattern), enclosed(left) + " & " + enclosed(right),
               joined(left, right)},
              false};
    }
    return left;
  }

  Term parse_part() {
    if (++parts_ > kMostParts) too_long("patterns", kMostParts);
    if (accept('(')) {
      if (++depth_ > kDeepest) too_long("parentheses within each other", kDeepest);
      Term inside = parse_union();
      --depth_;
      if (!accept(')')) reject("')'");
      return inside;
    }
    const std::string_view text = call_text();
    const MadeAnnealed<Pattern> made = make_annealed<Pattern>(text);
    expect_fixed(made, text);
    return {{made.plugin, made.text, made.numbers}, false};
  }

  /// What a plan is made of cannot change while a run trains: places, tags, parameters.
  static void expect_fixed(const MadeAnnealed<Pattern>& made, std::string_view text) {
    const Pattern& pattern = *made.plugin;
    const bool is_by_scores = half_of<DataChoice>(pattern) != nullptr && half_of<TagChoice>(pattern) == nullptr &&
                              half_of<PairBias>(pattern) == nullptr;
    if (made.numbers.empty() || is_by_scores) return;
    throw Error("pattern " + std::string(text), "'" + made.numbers.front()->name() + "' cannot be annealed; '" +
                                                    made.numbers.front()->text() +
                                                    "' came; give a number, or anneal one of content_top_k.");
  }

  static std::vector<std::shared_ptr<Annealed>> joined(const Term& left, const Term& right) {
    std::vector<std::shared_ptr<Annealed>> all = left.numbers;
    all.insert(all.end(), right.numbers.begin(), right.numbers.end());
    return all;
  }

  static std::string enclosed(const Term& term) { return term.is_union ? "(" + term.text + ")" : term.text; }

  /// A name and, where one follows, its parenthesis to the closing one.
  std::string_view call_text() {
    const std::size_t begin = place_;
    while (place_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[place_])) != 0 || text_[place_] == '_')) {
      ++place_;
    }
    if (place_ == begin) reject("the name of a pattern");
    const std::size_t name_end = place_;
    skip_spaces();
    if (place_ == text_.size() || text_[place_] != '(') return text_.substr(begin, name_end - begin);
    place_ = after_parenthesis(text_, place_);
    return text_.substr(begin, place_ - begin);
  }

  void skip_spaces() {
    while (place_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[place_])) != 0) ++place_;
  }

  bool accept(char sign) {
    skip_spaces();
    const bool found = place_ < text_.size() && text_[place_] == sign;
    if (found) {
      ++place_;
      skip_spaces();
    }
    return found;
  }

  [[noreturn]] void reject(const std::string& expected) const {
    const std::string came = place_ < text_.size() ? "'" + std::string(text_.substr(place_, 1)) + "'" : "the end";
    throw Error("pattern", "expected " + expected + " at column " + std::to_string(place_ + 1) + " of " + in_quotes(text_) +
                               "; " + came + " came; write patterns as 'a + b & (c + d)'.");
  }

  [[noreturn]] void too_long(const std::string& what, std::size_t most) const {
    throw Error("pattern", "at most " + std::to_string(most) + " " + what + " were expected; " + in_quotes(text_) +
                               " has more; write a pattern of your own that gives these items.");
  }

  static constexpr std::size_t kMostParts = 1000;
  static constexpr std::size_t kDeepest = 64;

  std::string_view text_;
  std::size_t place_ = 0;
  std::size_t parts_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

PatternExpression parse_pattern(std::string_view text) { return PatternParser(trimmed(text)).parse(); }

}  // namespace fovea
