#include <dlfcn.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <fstream>
#include <sstream>

#include "fovea_commit.h"  // made by the build: FOVEA_COMMIT
#include "framework/cpu/parallel.h"
#include "framework/files/atomic_file.h"
#include "framework/train/run_config.h"

namespace fovea {

namespace {

/// The value of the first line "key : value" of /proc/cpuinfo.
std::string cpu_info(std::string_view key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with(key) && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

/// Those features of the CPU that choose between kernels.
std::string cpu_features() {
  std::istringstream flags(cpu_info("flags"));
  std::string found;
  for (std::string flag; flags >> flag;) {
    for (const std::string_view known : {"avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "amx_tile", "amx_bf16"}) {
      if (flag == known) found += (found.empty() ? "" : " ") + flag;
    }
  }
  return found.empty() ? "unknown" : found;
}

/// The file of the library that this code is in.
std::string library_file() {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(&library_file), &info) == 0 || info.dli_fname == nullptr) return "";
  return info.dli_fname;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string text;
  for (const std::string& one : texts) text += (text.empty() ? "" : ", ") + one;
  return text;
}

}  // namespace

std::string build_of_program() {
  constexpr std::size_t kDigits = 16;
  static const std::string kBuild = FOVEA_COMMIT " " + hash_of_file(library_file()).substr(0, kDigits);
  return kBuild;
}

TextPairs provenance_of(const RunConfig& config, const std::vector<std::string>& builds) {
  TextPairs pairs{{"command", config.command},     {"config_hash", config.hash},   {"fovea_version", FOVEA_VERSION},
                  {"git_commit", FOVEA_COMMIT},    {"precision", kPrecision},      {"compiler", "gcc " __VERSION__},
                  {"flags", FOVEA_FLAGS},          {"libraries", FOVEA_LIBRARIES}, {"cpu", cpu_info("model name")},
                  {"cpu_features", cpu_features()}};
  // What limits the instruction sets of the libraries, and so may change bits.
  for (const char* variable : {"ONEDNN_MAX_CPU_ISA", "LIBXSMM_TARGET"}) {
    const char* value = std::getenv(variable);
    pairs.emplace_back(variable, value == nullptr ? "not set" : value);
  }
  pairs.emplace_back("build", joined(builds));
  for (const auto& [name, hash] : config.inputs) pairs.emplace_back(name, hash);
  for (const auto& [name, place] : config.places) pairs.emplace_back("place of " + name, place);
  return pairs;
}

void read_clock(Clock& clock) {
  clock.end = utc_now();
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0) clock.host = host.data();
  clock.threads = cpu::threads();
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) clock.peak_memory_bytes = std::int64_t{usage.ru_maxrss} * 1024;
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

}  // namespace fovea
