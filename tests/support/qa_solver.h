#pragma once

#include <string>
#include <vector>

#include "tasks/qa/story.h"

namespace fovea::test {

/// Answers a question by the statements alone, which it reads anew: by rules that know nothing about how stories are made.
/// `statements` are in the order of the story; task 14 and others read them in any order.
std::string solve(Extent task, const std::vector<std::string>& statements, const std::string& question);

/// The statements before line `number` of a story, or the supporting ones of it in their order.
std::vector<std::string> statements_before(const qa::Story& story, std::size_t number);
std::vector<std::string> supporting_statements(const qa::Story& story, std::size_t number);

}  // namespace fovea::test
