#pragma once

#include "framework/results/hdf5.h"
#include "framework/results/record.h"

namespace fovea::image {

/// Writes the group of a site; `history` may be null.
///
/// Errors    rows and entries whose lengths disagree.
void write_site(hdf5::Id parent, const SelectionSite& site, const SiteHistory* history);

}  // namespace fovea::image
