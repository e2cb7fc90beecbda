#include "framework/attention/pattern.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <iterator>

#include "framework/anneal/annealing.h"
#include "framework/core/error.h"

namespace fovea {

template <>
Registry<Pattern>& Registry<Pattern>::instance() {
  static Registry<Pattern> registry;
  return registry;
}

void Pattern::fields(Options& /*options*/) {}

Extent Pattern::choose_among(const PatternRow& /*row*/, std::span<Index> /*items*/) const {
  throw Error("pattern", "this pattern does not read data; choose_among was called.");
}

Value Pattern::tags(Builder& /*builder*/, const TagVectors& /*vectors*/) const {
  throw Error("pattern", "this pattern has no tags; tags was called.");
}

KeyTags Pattern::key_tags(Builder& builder, const TagVectors& keys) const { return {tags(builder, keys)}; }

Value Pattern::query_tags(Builder& builder, const TagVectors& queries, const KeyTags& /*keys*/) const {
  return tags(builder, queries);
}

void Pattern::weigh(const PatternRow& /*row*/, std::span<const Index> /*items*/, Row /*scores*/) const {
  throw Error("pattern", "this pattern does not weigh pairs; weigh was called.");
}

void Pattern::weigh_backward(const PatternRow& /*row*/, std::span<const Index> /*items*/, ConstRow /*grad_scores*/) const {
  throw Error("pattern", "this pattern does not weigh pairs; weigh_backward was called.");
}

std::vector<PatternTerm> Pattern::terms() const {
  return {reads_data() ? PatternTerm{{}, {this}} : PatternTerm{{this}, {}}};
}

std::vector<const Pattern*> taggers_of(const Pattern& pattern) {
  std::vector<const Pattern*> taggers;
  for (const PatternTerm& term : pattern.terms()) {
    for (const Pattern* chooser : term.choosers) {
      const bool is_new = std::find(taggers.begin(), taggers.end(), chooser) == taggers.end();
      if (is_new && chooser->tag_count() > 0) taggers.push_back(chooser);
    }
  }
  return taggers;
}

std::vector<const Pattern*> weighers_of(const Pattern& pattern) {
  const auto weighers_in = [](const PatternTerm& term) {
    std::vector<const Pattern*> weighers;
    for (const Pattern* chooser : term.choosers) {
      const bool is_new = std::find(weighers.begin(), weighers.end(), chooser) == weighers.end();
      if (is_new && chooser->weighs_pairs()) weighers.push_back(chooser);
    }
    return weighers;
  };
  const std::vector<PatternTerm> terms = pattern.terms();
  std::vector<const Pattern*> weighers = weighers_in(terms.front());
  for (const PatternTerm& term : terms) {
    if (weighers_in(term) == weighers) continue;
    throw Error("pattern",
                "a pattern that weighs pairs was expected in all parts of a union or in none, because a pair has "
                "one weight; it is in some; cross it with the whole union, as in '(a + b) & c'.");
  }
  return weighers;
}

Extent keep_best_items(ConstRow scores, std::span<Index> items, Extent count) {
  if (static_cast<Extent>(items.size()) <= count) return static_cast<Extent>(items.size());
  const auto is_better = [&](Index a, Index b) {
    const Real left = scores[static_cast<std::size_t>(a)];
    const Real right = scores[static_cast<std::size_t>(b)];
    return left > right || (left == right && a < b);  // ties go to the lowest index
  };
  std::nth_element(items.begin(), items.begin() + count - 1, items.end(), is_better);
  std::sort(items.begin(), items.begin() + count);
  return count;
}

Extent keep_met_items(const PatternRow& row, std::span<Index> items) {
  const auto count = static_cast<Extent>(row.query_tags.size());
  const auto is_met = [&](Index item) {
    const Index* key = row.key_tags + item * count;
    return std::mismatch(row.query_tags.begin(), row.query_tags.end(), key, std::not_equal_to<>()).first !=
           row.query_tags.end();
  };
  return std::remove_if(items.begin(), items.end(), [&](Index item) { return !is_met(item); }) - items.begin();
}

ItemIntervals candidates_of(const Pattern& pattern, Extent query, Extent queries, Extent items) {
  ItemIntervals intervals;
  pattern.candidates(query, queries, items, intervals);
  Index last = -1;
  for (const ItemInterval& interval : intervals) {
    if (interval.begin <= last || interval.end <= interval.begin || interval.end > items) {
      throw Error("a pattern gives ascending items in [0, " + std::to_string(items) + "); those from " +
                  std::to_string(interval.begin) + " to " + std::to_string(interval.end - 1) + " came after " +
                  std::to_string(last) + "; correct its candidates().");
    }
    last = interval.end - 1;
  }
  return intervals;
}

namespace {

using Part = std::shared_ptr<const Pattern>;
class Union final : public Pattern {
 public:
  Union(Part left, Part right) : left_(std::move(left)), right_(std::move(right)) {}
  void candidates(Extent query, Extent queries, Extent items, ItemIntervals& out) const override {
    append_union(candidates_of(*left_, query, queries, items), candidates_of(*right_, query, queries, items), out);
  }
  Extent pairs_at_most(Extent queries, Extent items) const override {
    return std::min(left_->pairs_at_most(queries, items) + right_->pairs_at_most(queries, items), queries * items);
  }
  bool is_dense() const override { return left_->is_dense() || right_->is_dense(); }
  bool is_causal() const override { return left_->is_causal() && right_->is_causal(); }
  bool reads_data() const override { return left_->reads_data() || right_->reads_data(); }
  std::vector<PatternTerm> terms() const override {
    if (!reads_data()) return Pattern::terms();
    std::vector<PatternTerm> all = left_->terms();
    for (PatternTerm& term : right_->terms()) all.push_back(std::move(term));
    return all;
  }

 private:
  Part left_;
  Part right_;
};

class Intersection final : public Pattern {
 public:
  Intersection(Part left, Part right) : left_(std::move(left)), right_(std::move(right)) {}
  void candidates(Extent query, Extent queries, Extent items, ItemIntervals& out) const override {
    append_intersection(candidates_of(*left_, query, queries, items), candidates_of(*right_, query, queries, items), out);
  }
  Extent pairs_at_most(Extent queries, Extent items) const override {
    return std::min(left_->pairs_at_most(queries, items), right_->pairs_at_most(queries, items));
  }
  bool is_dense() const override { return left_->is_dense() && right_->is_dense(); }
  bool is_causal() const override { return left_->is_causal() || right_->is_causal(); }
  bool reads_data() const override { return left_->reads_data() || right_->reads_data(); }
  // (a + b) & (c + d) = a & c + a & d + b & c + b & d
  std::vector<PatternTerm> terms() const override {
    if (!reads_data()) return Pattern::terms();
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

 private:
  Part left_;
  Part right_;
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
    if (accept('(')) {
      Term inside = parse_union();
      if (!accept(')')) reject("')'");
      return inside;
    }
    const std::size_t begin = place_;
    const Call call = parse_call(call_text());
    std::shared_ptr<Pattern> pattern = Registry<Pattern>::instance().make(call.name);
    Options options;
    pattern->fields(options);
    try {
      const AnnealedCall made = apply_annealed(call, options, pattern);
      expect_fixed(made, *pattern);
      return {{pattern, made.text, made.numbers}, false};
    } catch (const Error& error) {
      throw error.at("pattern " + std::string(text_.substr(begin, place_ - begin)));
    }
  }

  /// What a plan is made of cannot change while a run trains: places, tags, parameters.
  static void expect_fixed(const AnnealedCall& call, const Pattern& pattern) {
    if (call.numbers.empty() || (pattern.reads_data() && pattern.tag_count() == 0 && !pattern.weighs_pairs())) return;
    throw Error("'" + call.numbers.front()->name() + "' is a number that stays as it is; '" + call.numbers.front()->text() +
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
    int depth = 0;
    do {
      if (place_ == text_.size()) reject("')'");
      depth += text_[place_] == '(' ? 1 : text_[place_] == ')' ? -1 : 0;
      ++place_;
    } while (depth > 0);
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
    throw Error("pattern", "expected " + expected + " at column " + std::to_string(place_ + 1) + " of '" +
                               std::string(text_) + "'; " + came + " came; write patterns as 'a + b & (c + d)'.");
  }

  std::string_view text_;
  std::size_t place_ = 0;
};

}  // namespace

PatternExpression parse_pattern(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return PatternParser(first == std::string_view::npos ? std::string_view{} : text.substr(first)).parse();
}

}  // namespace fovea
