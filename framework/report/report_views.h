#pragma once

#include "framework/results/json.h"
#include "framework/runs/run_groups.h"

namespace fovea {

// What the pages of a report show of single items, as JSON: the runs of one experiment, by default the first seed of each
// group and at most eight of them. Null where no run has what a view shows. Texts are as they are in the file; `note` is a
// list of sentences that say what was left out.

/// Which items each read of a run looked at, item by item of the sample, and whether these were the right ones.
Json reads_view(const RunGroups& runs);

/// Where the heads of each site look: exact weights up to 512 x 512 cells, above these the densities that the file has.
Json heads_view(const RunGroups& runs);

/// Points in the order in which a run points at them, and the regions of an image that it looks at.
Json planes_view(const RunGroups& runs);

}  // namespace fovea
