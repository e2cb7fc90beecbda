#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "framework/exchange/named_arrays.h"
#include "framework/results/record.h"

// Arrays in the format of https://github.com/huggingface/safetensors (README, section "Format"): the length of the header as
// 8 bytes, the header in JSON, then the values of all arrays without holes, little endian, row-major.
namespace fovea {

/// The arrays in the bytes of a .safetensors file. Everything that the format says is demanded; nothing is taken on trust.
///
/// Errors    facts without the path: truncated; a header above 100 MB, or one that parse_safetensors_header refuses; a place
///           that is not inside the file or has not the size that shape and type ask for; bytes of two arrays, or of none.
std::vector<NamedArray> read_safetensors(std::string_view bytes);

/// The bytes of a .safetensors file with these arrays, float32 or float64, in their order. The values begin at a multiple of
/// 8 bytes. A path has its slashes written as dots; where it has dots of its own, the metadata gets an entry "path NAME".
///
/// Errors    two paths that become the same name; an array of another type; a text that is not UTF-8.
std::string safetensors_bytes(std::span<const NamedArray> arrays, const TextPairs& metadata);

/// In the metadata of files of ours: who wrote them.
inline constexpr const char* kProducer = "producer";
inline constexpr const char* kProducerName = "Fovea";

}  // namespace fovea
