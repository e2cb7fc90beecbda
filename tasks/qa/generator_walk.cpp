// Tasks 1, 9 and 10: people walk from place to place, and the text may say less than what happens.

#include "tasks/qa/generator.h"
#include "tasks/qa/words.h"

namespace fovea::qa {
namespace {

/// What the text says of where a person is.
struct Said {
  enum class Kind : std::uint8_t { kAt, kNotAt, kEither };
  Kind kind = Kind::kAt;
  Extent place = 0;
  Extent other = 0;  // of kEither; it may be the same place
  Extent line = 0;
};

class Walk {
 public:
  Walk(Extent task, const Difficulty& difficulty, Teller& teller)
      : task_(task), teller_(teller), people_(people_of(task)), places_(places_of(task)) {
    people_.resize(difficulty.actors > 0 ? difficulty.actors : 4);
    for (std::size_t i = 0; i < people_.size(); ++i) places_now_.push_back(teller_.other_than(-1, count()));
    said_.resize(people_.size());
  }

  void step() {
    const Extent who = teller_.rng().below(static_cast<Extent>(people_.size()));
    Extent& now = places_now_[who];
    const Extent before = now;
    now = teller_.other_than(before, count());
    said_[who] = say(name(who), before, now);
    facts_.push_back(who);
  }

  bool ask() {
    return ask_about_recent<Extent>(teller_, facts_, [this](Extent who) {
      const Said& said = said_[who];
      if (task_ == 1) {
        teller_.ask("Where is " + name(who) + "?", place(said.place), {said.line});
      } else {
        ask_whether(name(who), said);
      }
      return true;
    });
  }

 private:
  Extent count() const { return static_cast<Extent>(places_.size()); }
  const std::string& name(Extent who) const { return people_[who]; }
  const std::string& place(Extent number) const { return places_[number]; }

  /// In tasks 9 and 10 half of the statements name the verb, a quarter the place, a quarter something less.
  Said say(const std::string& who, Extent before, Extent now) {
    const Extent form = task_ == 1 ? 0 : teller_.rng().below(4);
    if (form < 2) return {Said::Kind::kAt, now, 0, teller_.state(move_text(teller_, who, place(now)))};
    if (form == 2) return {Said::Kind::kAt, now, 0, teller_.state(who + " is in the " + place(now) + ".")};
    if (task_ == 9) {
      const std::string no = teller_.coin() ? " is not in the " : " is no longer in the ";
      return {Said::Kind::kNotAt, before, 0, teller_.state(who + no + place(before) + ".")};
    }
    Extent first = now;
    Extent second = teller_.rng().below(count());
    if (teller_.coin()) std::swap(first, second);
    const Extent line = teller_.state(who + " is either in the " + place(first) + " or the " + place(second) + ".");
    return {Said::Kind::kEither, now, first == now ? second : first, line};
  }

  /// Half of the questions name the place where the person is, the others any other place; where the text knows only of a
  /// place that was left, the question names that one.
  void ask_whether(const std::string& who, const Said& said) {
    const bool knows = said.kind != Said::Kind::kNotAt;
    const Extent asked = !knows || teller_.coin() ? said.place : teller_.other_than(said.place, count());
    std::string answer = knows && asked == said.place ? "yes" : "no";
    if (said.kind == Said::Kind::kEither) answer = asked == said.place || asked == said.other ? "maybe" : "no";
    teller_.ask("Is " + who + " in the " + place(asked) + "?", answer, {said.line});
  }

  Extent task_;
  Teller& teller_;
  Words people_;
  const Words& places_;
  std::vector<Extent> places_now_;  // of each person, from the start, whether the text says so or not
  std::vector<Said> said_;          // the latest of each person
  std::vector<Extent> facts_;       // whom each statement is about
};

}  // namespace

void tell_walk(Extent task, const Difficulty& difficulty, Teller& teller) {
  Walk walk(task, difficulty, teller);
  const Extent questions = difficulty.questions > 0 ? difficulty.questions : 5;
  for (Extent asked = 0; asked < questions; ++asked) {
    for (Extent i = 0; i < 2 * (1 + difficulty.distractors); ++i) walk.step();
    walk.ask();
  }
}

}  // namespace fovea::qa
