#include "tasks/qa/filler.h"

#include <set>

namespace fovea::qa {
namespace {

using List = std::vector<std::string>;

const List kKinds{"old", "quiet", "distant", "heavy", "narrow", "pale", "slow", "bright", "wooden", "rusty"};
const List kThings{"clock", "river", "train", "bridge", "cloud", "harbour", "lantern", "engine", "violin", "tower"};
const List kDoings{"ticked", "waited", "turned", "glittered", "creaked", "drifted", "hummed", "trembled", "shone", "slept"};
const List kManners{"softly", "again", "slowly", "once", "almost", "gladly", "often", "alone", "barely", "twice"};
const List kRelations{"behind", "near", "beneath", "without", "against"};

const std::string& one_of(const List& list, Rng& rng) { return list[rng.below(static_cast<Extent>(list.size()))]; }

/// "the clock", "the old clock".
void tell_thing(Rng& rng, List& sentence) {
  sentence.push_back("the");
  if (rng.below(2) == 0) sentence.push_back(one_of(kKinds, rng));
  sentence.push_back(one_of(kThings, rng));
}

}  // namespace

std::vector<std::string> filler_sentence(Rng& rng) {
  List sentence;
  tell_thing(rng, sentence);
  sentence.push_back(one_of(kDoings, rng));
  if (rng.below(2) == 0) {
    sentence.push_back(one_of(kManners, rng));
  } else {
    sentence.push_back(one_of(kRelations, rng));
    tell_thing(rng, sentence);
  }
  return sentence;
}

std::vector<std::string> filler_words() {
  std::set<std::string> words{"the"};
  for (const List* list : {&kKinds, &kThings, &kDoings, &kManners, &kRelations}) words.insert(list->begin(), list->end());
  return {words.begin(), words.end()};
}

}  // namespace fovea::qa
