#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "framework/files/input.h"
#include "framework/plugin.h"

namespace fovea::cli {

class ArgumentList;

/// The tag of a plugin that fits this program, except for its name.
const PluginAbi& own_abi();

/// Reads the tag of a plugin library from its file; no code of the library runs.
///
/// Errors    a missing file, one that is not an ELF shared library of this machine, one without a tag, a damaged one.
PluginAbi read_plugin_abi(const std::filesystem::path& path);

/// Throws Error with both sides where the tag does not fit this program.
void check_plugin_abi(const std::filesystem::path& path, const PluginAbi& abi);

/// Adds --plugin to the arguments of a command.
void add_plugins(ArgumentList& list, std::vector<std::string>& paths);

/// Checks and loads plugin libraries; what they register is known from then on.
void load_plugins(std::span<const std::string> paths);

/// The libraries that were loaded so far: part of what a run is.
const std::vector<InputFile>& loaded_libraries();

}  // namespace fovea::cli
