#pragma once

#include <string>
#include <vector>

#include "framework/core/real.h"

namespace fovea::qa {

/// A line of a story. Its number is its place in the story, from 1: statements and questions count equally.
struct Line {
  std::string text;             // without the number, and without the space that may follow a question
  std::string answer;           // empty: a statement
  std::vector<Extent> support;  // of a question: numbers of earlier statements, in the order of the file

  bool is_question() const { return !answer.empty(); }
  bool operator==(const Line& other) const = default;
};

using Story = std::vector<Line>;

constexpr Extent kTasks = 20;

Extent questions_of(const Story& story);
Extent questions_of(const std::vector<Story>& stories);

/// A story in the format of the released files, byte for byte: in tasks 1 to 3 and 5 to 14 a space follows a question.
std::string text_of(const Story& story, Extent task);

/// The stories up to the question of this number; the last story may end early.
void keep_questions(std::vector<Story>& stories, Extent questions);

}  // namespace fovea::qa
