// Tasks 11, 12 and 13: pronouns for one person, two people at once, and pronouns for two people.

#include "tasks/qa/generator.h"
#include "tasks/qa/words.h"

namespace fovea::qa {
namespace {

struct Latest {
  Extent place = -1;
  std::vector<Extent> support;
};

class Pairs {
 public:
  Pairs(Extent task, const Difficulty& difficulty, Teller& teller) : task_(task), teller_(teller), people_(people_of(task)) {
    people_.resize(difficulty.actors > 0 ? difficulty.actors : 4);
    latest_.resize(people_.size());
    for (Latest& latest : latest_) latest.place = teller_.rng().below(count());
  }

  /// Two statements: of two groups, or of one group that a pronoun refers to.
  void step() {
    const std::vector<Extent> group = any_group();
    const Extent line = move(group, subject(group), {});
    const bool has_pronoun = task_ != 12;
    const std::vector<Extent> next = has_pronoun ? group : any_group();
    const std::string who = has_pronoun ? afterwards(teller_) + " " + pronoun(group) : subject(next);
    move(next, who, has_pronoun ? std::vector<Extent>{line} : std::vector<Extent>{});
  }

  bool ask() {
    return ask_about_recent<Extent>(teller_, facts_, [this](Extent who) {
      const Latest& latest = latest_[who];
      teller_.ask("Where is " + name(who) + "?", places_of(task_)[latest.place], latest.support);
      return true;
    });
  }

 private:
  Extent count() const { return static_cast<Extent>(places_of(task_).size()); }
  const std::string& name(Extent who) const { return people_[who]; }

  std::vector<Extent> any_group() {
    const auto people = static_cast<Extent>(people_.size());
    const Extent first = teller_.rng().below(people);
    if (task_ == 11) return {first};
    return {first, teller_.other_than(first, people)};
  }

  std::string subject(const std::vector<Extent>& group) const {
    return group.size() == 1 ? name(group[0]) : name(group[0]) + " and " + name(group[1]);
  }
  std::string pronoun(const std::vector<Extent>& group) const {
    return group.size() > 1 ? "they" : is_she(name(group[0])) ? "she" : "he";
  }

  /// Sends a group to where none of it is. Every person of it is a separate fact.
  Extent move(const std::vector<Extent>& group, const std::string& who, std::vector<Extent> support) {
    Extent to = teller_.rng().below(count());
    const auto is_there = [&](Extent person) { return latest_[person].place == to; };
    while (std::any_of(group.begin(), group.end(), is_there)) to = teller_.rng().below(count());
    const Extent line = teller_.state(move_text(teller_, who, places_of(task_)[to]));
    support.push_back(line);
    for (const Extent person : group) {
      latest_[person] = {to, support};
      facts_.push_back(person);
    }
    return line;
  }

  Extent task_;
  Teller& teller_;
  Words people_;
  std::vector<Latest> latest_;  // of each person
  std::vector<Extent> facts_;   // whom each fact is about
};

}  // namespace

void tell_pairs(Extent task, const Difficulty& difficulty, Teller& teller) {
  Pairs pairs(task, difficulty, teller);
  const Extent questions = difficulty.questions > 0 ? difficulty.questions : 5;
  for (Extent asked = 0; asked < questions; ++asked) {
    for (Extent i = 0; i < 1 + difficulty.distractors; ++i) pairs.step();
    pairs.ask();
  }
}

}  // namespace fovea::qa
