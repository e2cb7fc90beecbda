#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "framework/results/json.h"
#include "framework/sweep/search.h"

namespace fovea {

inline constexpr const char* kSweepName = "sweep.json";

/// What a sweep is: kept in sweep.json of its folder when it begins, and the same from then on.
struct Definition {
  std::string version;  // of the program that began it; another one is no difference
  std::string experiment;
  std::vector<std::string> runs;        // of the experiment, by name
  std::vector<std::string> dimensions;  // "lr=choice(1, 2)"
  std::vector<std::string> fixed;       // "steps=200"
  std::vector<std::string> plugins;     // paths of libraries
  Search search;
  Extent seeds = 1;
  Extent first_seed = 1;
  std::vector<Point> points;  // their numbers, from 1 on, name their folders
};

Json json_of(const Definition& definition);
/// Errors    Error at `where` for anything that json_of has not written.
Definition definition_of(const Json& json, const std::string& where);

/// What differs, in one line: "seeds is 2 there and 3 here"; empty where nothing does.
std::string differences(const Definition& there, const Definition& here);

/// `there` with the further points and seeds of `here`: more values of a grid, more draws, more seeds. A point keeps its
/// number.
///
/// Errors    another difference; a point or a seed that is no longer asked for.
Definition extended(const Definition& there, const Definition& here);

enum class Extension : std::uint8_t { kRefused, kAllowed };

/// The definition that holds in a folder: that of its sweep.json, which is written where there is none.
///
/// Errors    one that differs, where that is refused; a folder that cannot be written; a damaged file.
Definition settled(const Definition& asked, const std::filesystem::path& folder, Extension extension);

/// The folder of a point: "0007-heads=2,lr=0.01", its number from 1 on and what differs, in letters, digits and "._=+,-", at
/// most 60 bytes.
std::string point_folder(std::size_t index, const Point& point);

}  // namespace fovea
