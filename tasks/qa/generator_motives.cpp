// Task 20: why people go where they go, and take what they take.

#include <array>
#include <cctype>

#include "tasks/qa/generator.h"
#include "tasks/qa/words.h"

namespace fovea::qa {
namespace {

struct Motive {
  const char* state;
  const char* place;
  const char* object;
};

constexpr std::array<Motive, 4> kMotives{{{"hungry", "kitchen", "apple"},
                                          {"thirsty", "kitchen", "milk"},
                                          {"tired", "bedroom", "pajamas"},
                                          {"bored", "garden", "football"}}};

struct Person {
  std::string name;
  std::size_t motive = 0;
  Extent line = 0;   // where the motive is said
  Extent steps = 0;  // 0: nothing said, 1: the motive, 2: went, 3: took
};

std::string lower(std::string name) {
  name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
  return name;
}

/// The next statement of a person, with its question.
void tell_next(Person& person, Teller& teller) {
  const Motive& motive = kMotives[person.motive];
  const std::string who = lower(person.name);
  ++person.steps;
  if (person.steps == 1) {
    person.line = teller.state(person.name + " is " + motive.state + ".");
    teller.ask("Where will " + who + " go?", motive.place, {person.line});
  } else if (person.steps == 2) {
    teller.state(move_text(teller, person.name, motive.place));
    teller.ask("Why did " + who + " go to the " + motive.place + "?", motive.state, {person.line});
  } else {
    teller.state(person.name + " " + got(teller) + " the " + motive.object + " there.");
    teller.ask("Why did " + who + " get the " + motive.object + "?", motive.state, {person.line});
  }
}

}  // namespace

/// People take turns at random until nobody can go on; there is one object of each kind.
void tell_motives(Extent /*task*/, const Difficulty& difficulty, Teller& teller) {
  std::vector<Person> people;
  const auto count = static_cast<std::size_t>(difficulty.actors > 0 ? difficulty.actors : 4);
  for (std::size_t i = 0; i < count; ++i) {
    people.push_back({people_of(20)[i], static_cast<std::size_t>(teller.rng().below(4)), 0, 0});
  }
  std::array<bool, 4> is_taken{};
  while (true) {
    std::vector<std::size_t> able;
    for (std::size_t i = 0; i < people.size(); ++i) {
      if (people[i].steps < 2 || (people[i].steps == 2 && !is_taken[people[i].motive])) able.push_back(i);
    }
    if (able.empty()) return;
    Person& person = people[teller.one_of(able)];
    tell_next(person, teller);
    if (person.steps == 3) is_taken[person.motive] = true;
  }
}

}  // namespace fovea::qa
