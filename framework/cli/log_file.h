#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace spdlog {
class logger;
}

namespace fovea::cli {

/// log.txt of a run directory: one line a message, with the time. Opened at the first message, when the trainer has made and
/// locked the directory. A log that cannot be written does not end a run: its lines are dropped.
class LogFile {
 public:
  explicit LogFile(std::filesystem::path directory);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  void write(const std::string& line);

 private:
  std::filesystem::path directory_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace fovea::cli
