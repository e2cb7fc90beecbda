#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace fovea::test {

/// The folder of a released archive, NAME/NAME.tar.zst, unpacked. Empty where there is none, in the directory that
/// FOVEA_DATA_DIR names or in ../shared/data, from the root of the repository; then it says so.
std::optional<std::filesystem::path> released_data(const std::string& name);

}  // namespace fovea::test
