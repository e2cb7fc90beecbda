#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace fovea::test {

/// The folder of the released bAbI files, unpacked: "en", "en-10k", "hn", "shuffled". Empty where there are none: neither in
/// babi/ of the directory that FOVEA_DATA_DIR names, nor in ../shared/data/babi, from the root of the repository.
std::optional<std::filesystem::path> released_stories();

/// A file of these, by its folder, its task and the end of its name: ("en", 3, "_train.txt").
std::filesystem::path released_file(const std::filesystem::path& root, const std::string& folder, int task,
                                    const std::string& end);

}  // namespace fovea::test
