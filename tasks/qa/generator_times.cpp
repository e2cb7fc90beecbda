// Task 14: what people did yesterday and today, stated in another order.

#include <array>
#include <cctype>

#include "tasks/qa/generator.h"
#include "tasks/qa/words.h"

namespace fovea::qa {
namespace {

constexpr std::array<const char*, 4> kWhen{"yesterday", "this morning", "this afternoon", "this evening"};

struct Visit {
  Extent who = 0;
  Extent time = 0;  // of kWhen
  Extent place = 0;
  Extent line = 0;  // 0: not said yet
};

class Times {
 public:
  Times(const Difficulty& difficulty, Teller& teller) : teller_(teller), people_(people_of(14)), places_(places_of(14)) {
    people_.resize(difficulty.actors > 0 ? difficulty.actors : 4);
  }

  /// Somebody's next time of the day. False: everybody is through the evening.
  bool step() {
    std::vector<Extent> who;
    for (Extent person = 0; person < static_cast<Extent>(people_.size()); ++person) {
      if (visits_of(person) < static_cast<Extent>(kWhen.size())) who.push_back(person);
    }
    if (who.empty()) return false;
    const Extent person = teller_.one_of(who);
    const Extent time = visits_of(person);
    const Extent before = time == 0 ? -1 : visit_of(person, time - 1).place;
    visits_.push_back({person, time, teller_.other_than(before, static_cast<Extent>(places_.size())), 0});
    return true;
  }

  /// Asks where somebody was before a place of one of the latest visits, and before that states what is not said yet.
  bool ask() {
    return ask_about_recent<Visit>(teller_, visits_, [this](const Visit& visit) {
      Extent time = static_cast<Extent>(kWhen.size()) - 1;
      while (time >= visits_of(visit.who) || visit_of(visit.who, time).place != visit.place) --time;
      const Extent who = visit.who;
      if (time == 0) return false;
      tell_new();
      const Visit& to = visit_of(who, time);
      const Visit& from = visit_of(who, time - 1);
      teller_.ask("Where was " + name(who) + " before the " + place(to) + "?", place(from), {to.line, from.line});
      return true;
    });
  }

 private:
  const std::string& name(Extent who) const { return people_[who]; }
  const std::string& place(const Visit& visit) const { return places_[visit.place]; }
  Extent visits_of(Extent who) const {
    return std::count_if(visits_.begin(), visits_.end(), [&](const Visit& visit) { return visit.who == who; });
  }
  const Visit& visit_of(Extent who, Extent time) const {
    return *std::find_if(visits_.begin(), visits_.end(), [&](const Visit& v) { return v.who == who && v.time == time; });
  }

  /// The order is a cyclic permutation of what happened (Sattolo's algorithm): two new visits change places.
  void tell_new() {
    std::vector<std::size_t> order;
    for (; told_ < visits_.size(); ++told_) order.push_back(told_);
    for (std::size_t i = order.size(); i-- > 1;) {
      std::swap(order[i], order[teller_.rng().below(static_cast<Extent>(i))]);
    }
    for (const std::size_t i : order) visits_[i].line = teller_.state(sentence(visits_[i]));
  }

  std::string sentence(const Visit& visit) {
    std::string when = kWhen[visit.time];
    std::string move = move_text(teller_, name(visit.who), place(visit));
    if (teller_.coin()) {
      move.back() = ' ';
      return move + when + ".";
    }
    when[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(when[0])));
    return when + " " + move;
  }

  Teller& teller_;
  Words people_;
  const Words& places_;
  std::vector<Visit> visits_;  // as they happened
  std::size_t told_ = 0;
};

}  // namespace

void tell_times(Extent /*task*/, const Difficulty& difficulty, Teller& teller) {
  Times times(difficulty, teller);
  const Extent questions = difficulty.questions > 0 ? difficulty.questions : 5;
  for (Extent asked = 0; asked < questions; ++asked) {
    do {
      if (!times.step()) return;
      times.step();
    } while (!times.ask());
  }
}

}  // namespace fovea::qa
