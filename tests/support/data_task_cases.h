#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "tests/support/task_cases.h"

namespace fovea::test {

/// The cases of the tasks that read a user's own files, which are written into `folder`.
void add_own_data(std::map<std::string, TaskCase>& cases, const std::filesystem::path& folder);

}  // namespace fovea::test
