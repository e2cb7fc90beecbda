#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "framework/attention/critic.h"
#include "framework/attention/pattern.h"
#include "framework/attention/scorer.h"
#include "framework/attention/several_draws.h"
#include "framework/attention/whole_items.h"
#include "framework/experiment.h"
#include "framework/task.h"
#include "framework/train/optimizer.h"

namespace fovea {

/// What a plugin library says about how it was built. It is in the section ".fovea_abi" of the file, so that the program
/// can read and compare it before the library is loaded and any code of it runs.
struct PluginAbi {
  char magic[16];      // kPluginMagic
  char name[64];       // of the library, as given to fovea_add_plugin
  char version[32];    // of the Fovea whose headers were used
  char precision[16];  // "float32" or "float64"
  char compiler[64];   // what decides the layout of the standard library
  std::uint64_t layout = 0;
};

inline constexpr char kPluginMagic[16] = "fovea plugin 1";
inline constexpr const char* kPluginSection = ".fovea_abi";

namespace detail {
/// Raise it when a virtual function of a kind of plugin is added, removed or changed: no size shows that.
constexpr std::size_t kPluginContract = 5;

/// A number that changes when the layout of a type that crosses the border between program and plugin changes.
constexpr std::uint64_t plugin_layout() {
  constexpr std::array<std::size_t, 30> kSizes = {kPluginContract,
                                                  sizeof(Type),
                                                  sizeof(Tensor),
                                                  sizeof(OpContext),
                                                  sizeof(OpRun),
                                                  sizeof(Options),
                                                  sizeof(Options::Field),
                                                  sizeof(Builder),
                                                  sizeof(Value),
                                                  sizeof(Node),
                                                  sizeof(Graph),
                                                  sizeof(Choice),
                                                  sizeof(Batch),
                                                  sizeof(RunSpec),
                                                  sizeof(TrainSettings),
                                                  sizeof(Judgement),
                                                  sizeof(PluginInfo),
                                                  sizeof(Selector::Traits),
                                                  sizeof(Selector::Rows),
                                                  sizeof(Selector::RowGradients),
                                                  sizeof(Estimator::Traits),
                                                  sizeof(SelectorParts),
                                                  sizeof(Draw),
                                                  sizeof(DrawRun),
                                                  sizeof(ItemRun),
                                                  sizeof(SiteParameter),
                                                  sizeof(PatternRow),
                                                  sizeof(TagVectors),
                                                  sizeof(KeyTags),
                                                  sizeof(TileChoice)};
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a over the sizes
  for (const std::size_t size : kSizes) hash = (hash ^ size) * 1099511628211ULL;
  return hash;
}
}  // namespace detail

}  // namespace fovea

#define FOVEA_TEXT_(value) #value
#define FOVEA_TEXT(value) FOVEA_TEXT_(value)
#if defined(_GLIBCXX_RELEASE)
#define FOVEA_COMPILER_ABI "libstdc++ " FOVEA_TEXT(_GLIBCXX_RELEASE) ", C++11 strings " FOVEA_TEXT(_GLIBCXX_USE_CXX11_ABI)
#else
#define FOVEA_COMPILER_ABI "another standard library"
#endif
#if defined(FOVEA_F64)
#define FOVEA_PRECISION "float64"
#else
#define FOVEA_PRECISION "float32"
#endif

// The initialiser of a PluginAbi; name and version are literals.
#define FOVEA_ABI_VALUES(name, version) \
  { "fovea plugin 1", name, version, FOVEA_PRECISION, FOVEA_COMPILER_ABI, ::fovea::detail::plugin_layout() }

// Written once per plugin library, at global scope; fovea_add_plugin makes the source that does it:
//   #include "framework/plugin.h"
//   FOVEA_PLUGIN_ABI("my_ideas", "0.1.0")
#define FOVEA_PLUGIN_ABI(name, version)                                                                                  \
  extern "C" {                                                                                                           \
  __attribute__((used, visibility("default"), section(".fovea_abi"))) extern const ::fovea::PluginAbi fovea_plugin_abi = \
      FOVEA_ABI_VALUES(name, version);                                                                                   \
  }
