// Tasks 15 and 16: what holds of a kind holds of its members (deduction), and the other way round (induction).

#include <array>

#include "tasks/qa/generator.h"
#include "tasks/qa/words.h"

namespace fovea::qa {
namespace {

constexpr Extent kKinds = 4;
constexpr std::array<const char*, 4> kAnimals{"mouse", "wolf", "cat", "sheep"};
constexpr std::array<const char*, 4> kPlurals{"mice", "wolves", "cats", "sheep"};
constexpr std::array<const char*, 4> kSpecies{"frog", "lion", "rhino", "swan"};
constexpr std::array<const char*, 4> kColours{"gray", "green", "white", "yellow"};

template <class Items>
std::string at(const Items& items, Extent index) {
  return items[index];
}

std::string lower(std::string word) {
  word[0] = static_cast<char>(word[0] - 'A' + 'a');
  return word;
}

std::string upper(std::string word) {
  word[0] = static_cast<char>(word[0] - 'a' + 'A');
  return word;
}

/// Draws a kind or a person until everything is said: a person's kind is drawn anew each time, and said where its fear is.
void tell_deduction(const Difficulty& difficulty, Teller& teller) {
  const Extent people = difficulty.actors > 0 ? difficulty.actors : 4;
  std::array<Extent, kKinds> feared{};
  std::array<Extent, kKinds> fear_line{};
  std::vector<Extent> kind(static_cast<std::size_t>(people), -1);
  std::vector<Extent> kind_line(kind.size(), 0);
  for (Extent said = 0; said < people + kKinds;) {
    const Extent drawn = teller.rng().below(people + kKinds);
    const auto i = static_cast<std::size_t>(drawn < kKinds ? drawn : drawn - kKinds);
    if (drawn < kKinds) {
      if (fear_line[i] > 0) continue;
      feared[i] = teller.other_than(drawn, kKinds);
      fear_line[i] = teller.state(upper(kPlurals[i]) + " are afraid of " + at(kPlurals, feared[i]) + ".");
    } else {
      const Extent kind_now = teller.rng().below(kKinds);
      if (kind_line[i] > 0 || fear_line[kind_now] == 0) continue;
      kind[i] = kind_now;
      kind_line[i] = teller.state(people_of(15)[i] + " is a " + at(kAnimals, kind_now) + ".");
    }
    ++said;
  }
  const Extent questions = difficulty.questions > 0 ? difficulty.questions : 4;
  for (Extent asked = 0; asked < questions; ++asked) {
    const auto who = static_cast<std::size_t>(teller.rng().below(people));
    const auto is = static_cast<std::size_t>(kind[who]);
    teller.ask("What is " + lower(people_of(15)[who]) + " afraid of?", at(kAnimals, feared[is]),
               {kind_line[who], fear_line[is]});
  }
}

struct Animal {
  Extent species = 0;
  Extent colour = -1;
  Extent species_line = 0;
  Extent colour_line = 0;
};

/// Everything is said of all animals except the colour of one. A species has a colour, another one after each new member.
std::vector<Animal> animals_of(Extent count, Teller& teller) {
  std::vector<Animal> animals(static_cast<std::size_t>(count));
  for (Animal& animal : animals) animal.species = teller.rng().below(kKinds);
  std::array<Extent, kKinds> colour_now{};
  for (Extent line = 1; line < 2 * count;) {
    Animal& animal = animals[teller.rng().below(count)];
    if (animal.colour_line > 0) continue;
    Extent& colour = colour_now[animal.species];
    if (animal.species_line == 0) {
      colour = teller.rng().below(kKinds);
      animal.species_line = line;
    } else {
      animal.colour = colour;
      animal.colour_line = line;
    }
    ++line;
  }
  return animals;
}

/// The animal of the same species whose species is said last, or null; in the released stories there are never two others.
const Animal* example_for(const Animal& asked, const std::vector<Animal>& animals) {
  const Animal* last = nullptr;
  Extent others = 0;
  for (const Animal& animal : animals) {
    if (&animal == &asked || animal.species != asked.species) continue;
    ++others;
    if (last == nullptr || animal.species_line > last->species_line) last = &animal;
  }
  return others == 2 ? nullptr : last;
}

void tell_induction(const Difficulty& difficulty, Teller& teller) {
  const Extent count = difficulty.actors > 0 ? difficulty.actors : 5;
  while (true) {
    const std::vector<Animal> animals = animals_of(count, teller);
    const auto asked = std::find_if(animals.begin(), animals.end(), [](const Animal& animal) { return animal.colour < 0; });
    const Animal* example = example_for(*asked, animals);
    if (example == nullptr) continue;
    for (Extent line = 1; line < 2 * count; ++line) {
      for (std::size_t i = 0; i < animals.size(); ++i) {
        const std::string& name = people_of(16)[i];
        if (animals[i].species_line == line) teller.state(name + " is a " + at(kSpecies, animals[i].species) + ".");
        if (animals[i].colour_line == line) teller.state(name + " is " + at(kColours, animals[i].colour) + ".");
      }
    }
    const std::string& name = people_of(16)[asked - animals.begin()];
    teller.ask("What color is " + name + "?", at(kColours, example->colour),
               {asked->species_line, example->species_line, example->colour_line});
    return;
  }
}

}  // namespace

void tell_rules(Extent task, const Difficulty& difficulty, Teller& teller) {
  if (task == 15) tell_deduction(difficulty, teller);
  if (task == 16) tell_induction(difficulty, teller);
}

}  // namespace fovea::qa
