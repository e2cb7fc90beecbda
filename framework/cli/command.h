#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "framework/cli/cli.h"
#include "framework/core/error.h"
#include "framework/core/real.h"

namespace fovea::cli {

/// What was typed is wrong: exit code kUsage. Everything else that is thrown exits with kFailure.
class UsageError : public Error {
 public:
  using Error::Error;
  explicit UsageError(const Error& error) : Error(error) {}
};

/// The arguments of all commands, parsed; a command reads those that it has.
struct Arguments {
  std::string program = "fovea";      // what suggested commands start with
  std::string command_line;           // as typed
  std::string name;                   // kind, plugin, experiment, file or directory
  std::vector<std::string> settings;  // key=value
  std::vector<std::string> plugins;   // --plugin
  std::filesystem::path output = "runs";
  std::string file;                     // -o
  std::string run;                      // --run
  std::string same;                     // --same
  std::string what;                     // of `study`: estimators or selectors
  std::string site;                     // --site
  std::vector<std::string> candidates;  // --of
  Extent samples = 200;                 // --samples
  Extent count = 3;                     // --count
  Extent seed = 1;                      // --seed
  std::string split = "train";          // --split
  Extent seeds = 0;                     // 0: one run with the seed of its settings
  int threads = 0;                      // 0: one per core
  bool restart = false;
  bool quiet = false;
  bool ops = false;
  bool once = false;
  bool gradient = false;  // the part of `check` that the float program asks its twin for
};

struct Streams {
  std::ostream& out;
  std::ostream& err;
};

// One file each; each returns the exit code and throws Error for a failure.
int list(const Arguments& arguments, Streams streams);
int describe(const Arguments& arguments, Streams streams);
int check(const Arguments& arguments, Streams streams);
int draw(const Arguments& arguments, Streams streams);
int run(const Arguments& arguments, Streams streams);
int sample(const Arguments& arguments, Streams streams);
int show(const Arguments& arguments, Streams streams);
int verify(const Arguments& arguments, Streams streams);
int study(const Arguments& arguments, Streams streams);
int watch(const Arguments& arguments, Streams streams);

}  // namespace fovea::cli
