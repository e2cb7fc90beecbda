#pragma once

#include <optional>
#include <vector>

#include "tasks/qa/teller.h"
#include "tasks/qa/words.h"

namespace fovea::qa {

/// What somebody did.
struct Event {
  enum class Kind : std::uint8_t { kMove, kGet, kDrop, kGive };
  Kind kind = Kind::kMove;
  Extent who = 0;
  Extent what = 0;       // an object; of kMove: a place
  Extent receiver = -1;  // of kGive
  Extent line = 0;

  bool is_move() const { return kind == Kind::kMove; }
};

/// People who go from place to place, and take, leave and hand over objects.
///
/// People and objects start anywhere; the text does not say where. An action is drawn until it can be done: a kind of
/// action, a person, a place or an object. Only a gift is not drawn: the first object that can be handed over goes to the
/// first person who is there.
class World {
 public:
  enum class Gifts : bool { kNo, kYes };
  enum class There : std::uint8_t { kAfterEveryGet, kNowAndThen };  // in task 3 now and then, in others after every get

  World(Words people, Gifts gifts, There there, Teller& teller);

  /// One thing that happens, stated in the text.
  void step();

  const std::vector<Event>& events() const { return events_; }
  const std::string& person(Extent who) const { return people_[who]; }
  const std::string& place(Extent number) const { return places_of(2)[number]; }
  const std::string& object(Extent what) const { return objects()[what]; }
  Extent places() const { return static_cast<Extent>(places_of(2).size()); }

 private:
  std::optional<Event> attempt();
  std::optional<Event> gift() const;
  void happen(Event event);
  std::string text(const Event& event);

  struct Thing {
    Extent place = 0;
    Extent holder = -1;
  };

  Words people_;
  bool has_gifts_;
  There there_;
  Teller& teller_;
  std::vector<Extent> places_now_;  // of each person
  std::vector<Thing> things_;
  std::vector<Event> events_;
};

}  // namespace fovea::qa
