#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "framework/exchange/named_arrays.h"
#include "framework/results/record.h"

// Many arrays in NumPy's format: a zip archive with a member NAME.npy for each.
namespace fovea {

/// The arrays in the bytes of a .npz file, in the order of the archive.
///
/// Errors    facts without the path: an archive that is truncated, contradicts itself or has a wrong checksum; members that
///           are encrypted, packed in another way than by deflate, or no .npy; members that claim to unpack to more than
///           deflate can pack, to more than 64 times the file and 256 MiB in all, or that share their bytes; everything that
///           read_npy refuses.
std::vector<NamedArray> read_npz(std::string_view bytes);

/// The bytes of a .npz file with these arrays, float32 or float64, under their paths, not packed. The same arrays give the
/// same bytes. `about` becomes the comment of the archive, as JSON.
///
/// Errors    two arrays of one name; an array of another type; a name or a comment of 64 KiB or more.
std::string npz_bytes(std::span<const NamedArray> arrays, const TextPairs& about);

}  // namespace fovea
