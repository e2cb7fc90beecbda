#include "tasks/qa/story.h"

#include <algorithm>

namespace fovea::qa {

Extent questions_of(const Story& story) {
  return std::count_if(story.begin(), story.end(), [](const Line& line) { return line.is_question(); });
}

Extent questions_of(const std::vector<Story>& stories) {
  Extent count = 0;
  for (const Story& story : stories) count += questions_of(story);
  return count;
}

std::string text_of(const Story& story, Extent task) {
  const bool has_space = task != 4 && task < 15;
  std::string text;
  for (std::size_t i = 0; i < story.size(); ++i) {
    const Line& line = story[i];
    text += std::to_string(i + 1) + ' ' + line.text;
    if (line.is_question()) {
      text += (has_space ? " \t" : "\t") + line.answer + '\t';
      for (std::size_t k = 0; k < line.support.size(); ++k) {
        text += (k > 0 ? " " : "") + std::to_string(line.support[k]);
      }
    }
    text += '\n';
  }
  return text;
}

void keep_questions(std::vector<Story>& stories, Extent questions) {
  Extent count = 0;
  for (std::size_t s = 0; s < stories.size(); ++s) {
    for (std::size_t i = 0; i < stories[s].size(); ++i) {
      count += stories[s][i].is_question() ? 1 : 0;
      if (count < questions) continue;
      stories[s].resize(i + 1);
      stories.resize(s + 1);
      return;
    }
  }
}

}  // namespace fovea::qa
