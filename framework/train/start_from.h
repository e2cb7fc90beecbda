#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/core/path_patterns.h"
#include "framework/exchange/named_arrays.h"
#include "framework/settings.h"
#include "framework/train/parameter_store.h"

namespace fovea {

/// What paths begin with there, and what they begin with here.
using Renames = std::vector<std::pair<std::string, std::string>>;

/// Reads "a/=b/", several by spaces. Errors: Error at "rename" for a word that is no OLD=NEW, or an empty OLD.
Renames parse_renames(std::string_view text);

/// Which of the parameters of a store come from elsewhere.
struct StartRules {
  PathPatterns only;  // of paths here; none: all
  Renames renames;
};

/// Sets parameters from arrays of the same paths, all of them or none.
///
/// Errors    Error at `place`, with the names of all parameters that the arrays lack, of all arrays that no parameter takes
///           (unless only a part is taken), and of all whose shapes differ; a pattern that fits none.
void load_parameters(ParameterStore& store, std::span<const NamedArray> arrays, const StartRules& rules,
                     const std::string& place);

/// The file that a run starts from: `from`, in which {seed} stands for the seed of the run; of a folder its results.h5.
std::filesystem::path start_file(const TrainSettings& settings);

/// The first values of a parameter of a model, such as pretrained embeddings: the array of this name, or path, in a file
/// that `read_named_arrays` reads. The file becomes an input of the run.
///
/// Errors    no such array, with the nearest name; one of another shape.
Init init_from(const std::filesystem::path& file, const std::string& name, const Shape& shape);

/// Sets the parameters as from, from_only and rename say; nothing where `from` is empty. The file becomes an input.
///
/// Errors    from_only or rename without from; those of load_parameters.
void start_from(ParameterStore& store, const TrainSettings& settings);

}  // namespace fovea
