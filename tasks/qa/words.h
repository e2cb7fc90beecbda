#pragma once

#include <string>
#include <vector>

#include "tasks/qa/teller.h"

namespace fovea::qa {

using Words = std::vector<std::string>;

/// People by their names in the tasks; the first ones are those of the released data, the others join where more are asked
/// for.
const Words& people_of(Extent task);
/// Six places; tasks 10 and 14 have their own places.
const Words& places_of(Extent task);
/// The places of all tasks, those of most tasks first.
const Words& all_places();
const Words& objects();  // the order matters for gifts, as that of people does: see World

/// The most people that a story can have.
Extent most_people();

bool is_she(const std::string& person);

/// Words that mean the same, all equally likely.
const std::string& moved(Teller& teller);       // "went to"
const std::string& got(Teller& teller);         // "picked up"
const std::string& dropped(Teller& teller);     // "put down"
const std::string& gave(Teller& teller);        // "handed"
const std::string& afterwards(Teller& teller);  // "After that"

/// "Mary went to the garden."
std::string move_text(Teller& teller, const std::string& who, const std::string& place);

}  // namespace fovea::qa
