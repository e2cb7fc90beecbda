// Task 18: what is bigger than what, and what fits inside what.

#include "tasks/qa/generator.h"
#include "tasks/qa/words.h"

namespace fovea::qa {
namespace {

/// The first two by size; the sizes of the others change from story to story.
const Words& things() {
  static const Words names{"chocolate", "box of chocolates", "box", "chest", "container", "suitcase"};
  return names;
}

/// Thing `small` is smaller than thing `big`. A fact has one of two forms beside its text; equal facts of equal form are
/// one.
struct Fact {
  Extent small = 0;
  Extent big = 0;
  bool form = false;
  Extent line = 0;

  bool is_about(Extent thing) const { return small == thing || big == thing; }
  bool same_as(const Fact& other) const { return small == other.small && big == other.big && form == other.form; }
};

class Sizes {
 public:
  explicit Sizes(Teller& teller) : teller_(teller), by_size_(things()) {
    teller_.rng().shuffle(std::span<std::string>(by_size_).subspan(2));
  }

  void step() {
    const auto count = static_cast<Extent>(by_size_.size());
    const Extent one = teller_.rng().below(count);
    const Extent other = teller_.other_than(one, count);
    Fact fact{std::min(one, other), std::max(one, other), teller_.coin(), 0};
    fact.line = teller_.coin() ? teller_.state("The " + name(fact.big) + " is bigger than the " + name(fact.small) + ".")
                               : teller_.state("The " + name(fact.small) + " fits inside the " + name(fact.big) + ".");
    facts_.push_back(fact);
  }

  bool ask() {
    for (Extent attempt = 0; attempt < kAttempts; ++attempt) {
      if (ask_about(teller_.one_of(facts_))) return true;
    }
    return false;
  }

 private:
  const std::string& name(Extent thing) const { return by_size_[thing]; }

  /// A fact is chained with the earliest other fact about one of its two things; it makes a question where that thing is
  /// between the two others.
  bool ask_about(const Fact& drawn) {
    const bool is_down = teller_.coin();  // the fact is about the bigger one of the two in question
    const Fact& first = *std::find_if(facts_.rbegin(), facts_.rend(), [&](const Fact& fact) { return fact.same_as(drawn); });
    const Extent middle = is_down ? first.small : first.big;
    const auto second = std::find_if(facts_.begin(), facts_.end(),
                                     [&](const Fact& fact) { return fact.line != first.line && fact.is_about(middle); });
    if (second == facts_.end() || (is_down ? second->big : second->small) != middle) return false;
    const std::string& claimed_big = name(is_down ? first.big : first.small);
    const std::string& claimed_small = name(is_down ? second->small : second->big);
    const std::string text = teller_.coin() ? "Is the " + claimed_big + " bigger than the " + claimed_small + "?"
                                            : "Does the " + claimed_small + " fit in the " + claimed_big + "?";
    teller_.ask(text, is_down ? "yes" : "no", {first.line, second->line});
    return true;
  }

  Teller& teller_;
  Words by_size_;
  std::vector<Fact> facts_;
};

}  // namespace

/// Five statements and five questions; where a question cannot be found, another round of both.
void tell_sizes(Extent /*task*/, const Difficulty& difficulty, Teller& teller) {
  Sizes sizes(teller);
  const Extent questions = difficulty.questions > 0 ? difficulty.questions : 5;
  Extent asked = 0;
  do {
    for (Extent i = 0; i < 5 + 2 * difficulty.distractors; ++i) sizes.step();
    for (asked = 0; asked < questions && sizes.ask();) ++asked;
  } while (asked < questions);
}

}  // namespace fovea::qa
