#include "tasks/qa/world.h"

namespace fovea::qa {

World::World(Words people, Gifts gifts, There there, Teller& teller)
    : people_(std::move(people)), has_gifts_(gifts == Gifts::kYes), there_(there), teller_(teller) {
  for (std::size_t i = 0; i < people_.size(); ++i) places_now_.push_back(teller_.rng().below(places()));
  for (std::size_t i = 0; i < objects().size(); ++i) things_.push_back({teller_.rng().below(places()), -1});
}

void World::step() {
  std::optional<Event> event;
  while (!event) event = attempt();
  happen(*event);
}

std::optional<Event> World::attempt() {
  const auto kind = static_cast<Event::Kind>(teller_.rng().below(has_gifts_ ? 4 : 3));
  if (kind == Event::Kind::kGive) return gift();
  const Extent who = teller_.rng().below(static_cast<Extent>(people_.size()));
  const Extent here = places_now_[who];
  if (kind == Event::Kind::kMove) {
    const Extent to = teller_.rng().below(places());
    if (to == here) return std::nullopt;
    return Event{kind, who, to, -1, 0};
  }
  std::vector<Extent> possible;
  for (std::size_t i = 0; i < things_.size(); ++i) {
    const bool is_possible = kind == Event::Kind::kGet ? things_[i].holder < 0 && things_[i].place == here  //
                                                       : things_[i].holder == who;
    if (is_possible) possible.push_back(static_cast<Extent>(i));
  }
  if (possible.empty()) return std::nullopt;
  return Event{kind, who, teller_.one_of(possible), -1, 0};
}

std::optional<Event> World::gift() const {
  for (std::size_t i = 0; i < things_.size(); ++i) {
    const Extent giver = things_[i].holder;
    for (Extent other = 0; giver >= 0 && other < static_cast<Extent>(people_.size()); ++other) {
      const bool meets = places_now_[other] == places_now_[giver];
      if (meets && other != giver) return Event{Event::Kind::kGive, giver, static_cast<Extent>(i), other, 0};
    }
  }
  return std::nullopt;
}

void World::happen(Event event) {
  if (event.is_move()) {
    places_now_[event.who] = event.what;
  } else {
    Thing& thing = things_[event.what];
    thing.place = places_now_[event.who];
    thing.holder = event.kind == Event::Kind::kGet ? event.who : event.receiver;
  }
  event.line = teller_.state(text(event));
  events_.push_back(event);
}

std::string World::text(const Event& event) {
  const std::string& who = person(event.who);
  if (event.is_move()) return move_text(teller_, who, place(event.what));
  const bool always = event.kind == Event::Kind::kGet && there_ == There::kAfterEveryGet;
  const std::string there = always || teller_.rng().below(5) == 0 ? " there." : ".";
  switch (event.kind) {
    case Event::Kind::kGet: return who + " " + got(teller_) + " the " + object(event.what) + there;
    case Event::Kind::kDrop: return who + " " + dropped(teller_) + " the " + object(event.what) + there;
    default: return who + " " + gave(teller_) + " the " + object(event.what) + " to " + person(event.receiver) + ".";
  }
}

}  // namespace fovea::qa
