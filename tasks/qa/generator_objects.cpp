// Tasks 2, 3 and 5 to 8: questions about people who take, leave and hand over objects.

#include <array>

#include "tasks/qa/generator.h"
#include "tasks/qa/world.h"

namespace fovea::qa {
namespace {

constexpr std::array<const char*, 4> kNumbers{"none", "one", "two", "three"};

/// Asks about what happened. Every function is given one of the latest events, and says whether it makes a question.
class Questions {
 public:
  Questions(Extent task, const World& world, Teller& teller) : task_(task), world_(world), teller_(teller) {}

  bool ask() {
    return ask_about_recent<Event>(teller_, world_.events(), [this](const Event& event) { return ask_about(event); });
  }

 private:
  bool ask_about(const Event& event) {
    switch (task_) {
      case 2: return !event.is_move() && where_is(event.what);
      case 3: return !event.is_move() && where_was(event.what);
      case 5: return event.kind == Event::Kind::kGive && who_gave(event.what);
      case 6: return event.is_move() && is_in(event.who);
      case 7: return !event.is_move() && how_many(event.who);
      default: return !event.is_move() && carrying(event.who);
    }
  }

  const std::vector<Event>& events() const { return world_.events(); }

  /// What happened last to an object; there is something.
  const Event& latest(Extent object) const {
    return *std::find_if(events().rbegin(), events().rend(),
                         [&](const Event& event) { return !event.is_move() && event.what == object; });
  }

  /// The moves of a person between two lines, neither included.
  std::vector<Event> moves(Extent who, Extent after, Extent before) const {
    std::vector<Event> found;
    for (const Event& event : events()) {
      if (event.is_move() && event.who == who && event.line > after && event.line < before) found.push_back(event);
    }
    return found;
  }

  Extent end() const { return events().back().line + 1; }

  /// A question only where two statements are needed: an object was carried on, or put down where its carrier was said to
  /// be.
  bool where_is(Extent object) {
    const Event& last = latest(object);
    const bool is_held = last.kind == Event::Kind::kGet;
    const std::vector<Event> path = is_held ? moves(last.who, last.line, end()) : moves(last.who, 0, last.line);
    if (path.empty()) return false;
    teller_.ask("Where is the " + world_.object(object) + "?", world_.place(path.back().what),
                {last.line, path.back().line});
    return true;
  }

  /// The place before the latest time that an object was carried to a place, which is that of one of the moves since it was
  /// taken up; the object must have been carried to both.
  bool where_was(Extent object) {
    const Event& last = latest(object);
    Extent taken = last.line;
    for (const Event& event : events()) {
      if (event.kind == Event::Kind::kGet && event.what == object) taken = event.line;
    }
    const bool is_held = last.kind == Event::Kind::kGet;
    const std::vector<Event> path = moves(last.who, taken, is_held ? end() : last.line);
    if (path.size() < 2) return false;
    const Extent place = teller_.one_of(path).what;
    std::size_t to = path.size() - 1;
    while (path[to].what != place) --to;
    if (to == 0) return false;
    teller_.ask("Where was the " + world_.object(object) + " before the " + world_.place(place) + "?",
                world_.place(path[to - 1].what), {last.line, path[to].line, path[to - 1].line});
    return true;
  }

  /// Asks for the object, the giver or the receiver of the latest gift of an object.
  bool who_gave(Extent object) {
    const Event& gift = *std::find_if(events().rbegin(), events().rend(), [&](const Event& event) {
      return event.kind == Event::Kind::kGive && event.what == object;
    });
    const std::string the_object = "the " + world_.object(object);
    const std::string& giver = world_.person(gift.who);
    const std::string& receiver = world_.person(gift.receiver);
    const Extent asked = teller_.rng().below(3);
    const bool is_short = teller_.coin();
    std::string text = "What did " + giver + " give to " + receiver + "?";
    if (asked == 1) text = "Who gave " + the_object + (is_short ? "?" : " to " + receiver + "?");
    if (asked == 2)
      text = is_short ? "Who received " + the_object + "?" : "Who did " + giver + " give " + the_object + " to?";
    teller_.ask(text, asked == 0 ? world_.object(object) : asked == 1 ? giver : receiver, {gift.line});
    return true;
  }

  bool is_in(Extent who) {
    const Event last = moves(who, 0, end()).back();
    const Extent asked = teller_.coin() ? last.what : teller_.other_than(last.what, world_.places());
    teller_.ask("Is " + world_.person(who) + " in the " + world_.place(asked) + "?", asked == last.what ? "yes" : "no",
                {last.line});
    return true;
  }

  bool how_many(Extent who) {
    Extent held = 0;
    std::vector<Extent> support;
    for (const Event& event : events()) {
      if (event.is_move() || (event.who != who && event.receiver != who)) continue;
      held += event.kind == Event::Kind::kGet || event.receiver == who ? 1 : -1;
      support.push_back(event.line);
    }
    teller_.ask("How many objects is " + world_.person(who) + " carrying?", kNumbers[held], support);
    return true;
  }

  /// Objects, and what is known of each, in the order in which they were first taken.
  bool carrying(Extent who) {
    std::vector<Extent> order;
    for (const Event& event : events()) {
      const bool is_new = std::find(order.begin(), order.end(), event.what) == order.end();
      if (!event.is_move() && event.who == who && is_new) order.push_back(event.what);
    }
    std::string answer;
    std::vector<Extent> support;
    for (const Extent object : order) {
      bool is_held = false;
      for (const Event& event : events()) {
        if (event.is_move() || event.who != who || event.what != object) continue;
        is_held = event.kind == Event::Kind::kGet;
        support.push_back(event.line);
      }
      if (is_held) answer += (answer.empty() ? "" : ",") + world_.object(object);
    }
    teller_.ask("What is " + world_.person(who) + " carrying?", answer.empty() ? "nothing" : answer, support);
    return true;
  }

  Extent task_;
  const World& world_;
  Teller& teller_;
};

}  // namespace

void tell_objects(Extent task, const Difficulty& difficulty, Teller& teller) {
  Words people = people_of(task);
  people.resize(difficulty.actors > 0 ? difficulty.actors : 4);
  const auto gifts = task == 5 || task == 7 ? World::Gifts::kYes : World::Gifts::kNo;
  World world(people, gifts, task == 3 ? World::There::kNowAndThen : World::There::kAfterEveryGet, teller);
  Questions questions(task, world, teller);
  const Extent wanted = difficulty.questions > 0 ? difficulty.questions : 5;
  for (Extent asked = 0; asked < wanted; ++asked) {
    do {
      for (Extent i = 0; i < 2 * (1 + difficulty.distractors); ++i) world.step();
    } while (!questions.ask());
  }
}

}  // namespace fovea::qa
