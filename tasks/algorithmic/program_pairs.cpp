#include "tasks/algorithmic/program_pairs.h"

#include "tasks/data/lines.h"

namespace fovea::synthesis {
namespace {

using data::Field;
using data::LineError;

constexpr std::size_t kMostPairs = 64;

std::vector<Index> words_of(const Field& part, Extent count, const MachineSizes& sizes, const std::string& when) {
  std::vector<Index> words;
  for (const Field& word : data::words_of(part.text)) {
    const Field placed{word.text, part.begin + word.begin};
    words.push_back(static_cast<Index>(data::whole_of(placed, "a word of a register", 0, word_mask(sizes.bits))));
  }
  if (static_cast<Extent>(words.size()) == count) return words;
  throw LineError(part.begin, std::to_string(count) + " words " + when + " the program were expected; " +
                                  std::to_string(words.size()) + " came; correct the pair.");
}

}  // namespace

Examples pairs_in(std::string_view line, const MachineSizes& sizes) {
  Examples pairs;
  for (const Field& pair : data::fields_of(line, ';')) {
    const std::size_t arrow = pair.text.find("->");
    if (arrow == std::string_view::npos) {
      throw LineError(pair.begin, "words before and after a program with '->' between them were expected; " +
                                      data::came(pair.text) + " came; write pairs separated by ';'.");
    }
    pairs.before.push_back(words_of({pair.text.substr(0, arrow), pair.begin}, sizes.registers, sizes, "before"));
    pairs.after.push_back(words_of({pair.text.substr(arrow + 2), pair.begin + arrow + 2}, sizes.live, sizes, "after"));
  }
  if (pairs.before.size() <= kMostPairs) return pairs;
  throw LineError(line.size(), "at most " + std::to_string(kMostPairs) + " pairs were expected; " +
                                   std::to_string(pairs.before.size()) + " came; leave some out.");
}

Examples repeated(const Examples& pairs, Extent count) {
  Examples made;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    made.before.push_back(pairs.before[i % pairs.before.size()]);
    made.after.push_back(pairs.after[i % pairs.after.size()]);
  }
  return made;
}

}  // namespace fovea::synthesis
