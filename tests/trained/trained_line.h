#pragma once

#include <filesystem>
#include <string>

#include "framework/core/registry.h"
#include "framework/trained/trained_run.h"
#include "tests/support/line_run.h"

namespace fovea::test {

/// The run of the experiment "test_trained", whose site is an option, trained in a directory.
RunRequest trained_line(const std::filesystem::path& directory,
                        const std::string& site = "dot | dense | softmax(temperature=linear(from=2, to=0.5)) | none");

}  // namespace fovea::test
