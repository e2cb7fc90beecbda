#pragma once

#include <filesystem>
#include <string>

#include "framework/results/record.h"

namespace fovea {

/// The version of the layout of results.h5, in its attribute `fovea_schema`.
inline constexpr int kResultsSchema = 2;
inline constexpr int kOldestSchema = 1;  // that is read; every schema since then has only been added to
/// True for the attribute of a file that this version reads.
bool is_read_schema(const std::string& schema);
inline constexpr const char* kResultsName = "results.h5";
/// Beside the file: its XXH3-128 hash, in the form that `xxh128sum -c` reads.
inline constexpr const char* kResultsHashName = "results.h5.xxh128";

/// Writes `directory`/results.h5 as a whole: temporary name, fsync, read back and verify, rename, fsync the directory.
/// While a publication is under way the hash file lists the old and the new file, so that a kill at any moment leaves
/// a file that passes `verify`.
///
/// Errors    a record whose columns or arrays disagree in length; a directory that cannot be written; a full disk.
///           The previously published file is still there after every error.
void publish(const RunRecord& record, const std::filesystem::path& directory);

/// True where two files have the same bytes outside the values of /clock; otherwise false, and `difference` (if given)
/// says where they first differ.
///
/// Errors    a file that cannot be read or has no /clock.
bool same_outside_clock(const std::filesystem::path& a, const std::filesystem::path& b, std::string* difference = nullptr);

}  // namespace fovea
