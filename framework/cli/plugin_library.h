#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "framework/plugin.h"

namespace fovea::cli {

/// The tag that a plugin of this program has, its name apart.
const PluginAbi& own_abi();

/// Reads the tag of a plugin library from its file; no code of the library runs.
///
/// Errors    a missing file, one that is not an ELF shared library of this machine, one without a tag, a damaged one.
PluginAbi read_plugin_abi(const std::filesystem::path& path);

/// Throws Error with both sides where the tag does not fit this program.
void check_plugin_abi(const std::filesystem::path& path, const PluginAbi& abi);

/// Checks and loads plugin libraries; what they register is known from then on.
void load_plugins(std::span<const std::string> paths);

}  // namespace fovea::cli
