#pragma once

#include <filesystem>
#include <string>

#include "framework/core/real.h"

namespace fovea {

/// One item of the sample of a run as text: what was read, with a star for each read that looked there; what was asked,
/// answered and right. Control characters are escaped.
///
/// Errors    a file that cannot be read; no item of this number; no site that chose among the parts of an item.
std::string story_text(const std::filesystem::path& results_file, Extent item);

class RunReads;
/// The same of reads that were made before; `item` is one of the sample.
std::string story_text(const RunReads& reads, Extent item);

}  // namespace fovea
