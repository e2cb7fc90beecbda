#include "tasks/qa/words.h"

#include <algorithm>
#include <array>

namespace fovea::qa {
namespace {

const Words kHome{"John", "Mary", "Sandra", "Daniel"};
const Words kTown{"Mary", "Fred", "Bill", "Julie"};
const Words kGifts{"Mary", "Fred", "Bill", "Jeff"};
const Words kAfraid{"Gertrude", "Winona", "Jessica", "Emily"};
const Words kColours{"Lily", "Bernhard", "Brian", "Julius", "Greg"};
const Words kMotives{"Sumit", "Yann", "Jason", "Antoine"};

const Words& first_people(Extent task) {
  switch (task) {
    case 5: return kGifts;
    case 10:
    case 14: return kTown;
    case 15: return kAfraid;
    case 16: return kColours;
    case 20: return kMotives;
    default: return kHome;
  }
}

Words with_all_others(Words first) {
  for (const Words* some : {&kHome, &kTown, &kGifts, &kAfraid, &kColours, &kMotives}) {
    for (const std::string& name : *some) {
      if (std::find(first.begin(), first.end(), name) == first.end()) first.push_back(name);
    }
  }
  return first;
}

}  // namespace

const Words& people_of(Extent task) {
  static const std::vector<Words> people = [] {
    std::vector<Words> all(static_cast<std::size_t>(kTasks) + 1);
    for (Extent t = 1; t <= kTasks; ++t) all[t] = with_all_others(first_people(t));
    return all;
  }();
  return people[task];
}

Extent most_people() { return static_cast<Extent>(people_of(1).size()); }

const Words& places_of(Extent task) {
  static const Words home{"bathroom", "bedroom", "kitchen", "office", "garden", "hallway"};
  static const Words town{"bedroom", "kitchen", "office", "park", "school", "cinema"};
  return task == 10 || task == 14 ? town : home;
}

const Words& all_places() {
  static const Words places{"bathroom", "bedroom", "kitchen", "office", "garden", "hallway", "park", "school", "cinema"};
  return places;
}

const Words& objects() {
  static const Words names{"apple", "football", "milk"};
  return names;
}

bool is_she(const std::string& person) {
  static const Words women{"Mary", "Sandra", "Julie", "Gertrude", "Winona", "Jessica", "Emily", "Lily"};
  return std::find(women.begin(), women.end(), person) != women.end();
}

const std::string& moved(Teller& teller) {
  static const Words words{"went to", "went back to", "journeyed to", "travelled to", "moved to"};
  return teller.one_of(words);
}

const std::string& got(Teller& teller) {
  static const Words words{"got", "took", "grabbed", "picked up"};
  return teller.one_of(words);
}

const std::string& dropped(Teller& teller) {
  static const Words words{"dropped", "discarded", "left", "put down"};
  return teller.one_of(words);
}

const std::string& gave(Teller& teller) {
  static const Words words{"gave", "passed", "handed"};
  return teller.one_of(words);
}

const std::string& afterwards(Teller& teller) {
  static const Words words{"After that", "Following that", "Afterwards", "Then"};
  return teller.one_of(words);
}

std::string move_text(Teller& teller, const std::string& who, const std::string& place) {
  return who + " " + moved(teller) + " the " + place + ".";
}

}  // namespace fovea::qa
