#include "framework/cli/log_file.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <exception>

#include "framework/core/text.h"
#include "framework/files/posix_file.h"

namespace fovea::cli {

LogFile::LogFile(std::filesystem::path directory) : directory_(std::move(directory)) {}

LogFile::~LogFile() = default;

void LogFile::write(const std::string& line) {
  if (!logger_) {
    const std::filesystem::path path = directory_ / "log.txt";
    try {
      expect_replaceable(path);  // a link or a pipe is not written to
      auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path.string());
      logger_ = std::make_shared<spdlog::logger>("run", std::move(sink));
    } catch (const std::exception&) {
      return;
    }
    logger_->set_pattern("%Y-%m-%d %H:%M:%S  %v");
    logger_->set_error_handler([](const std::string&) {});
    logger_->flush_on(spdlog::level::info);
  }
  logger_->info("{}", printable(line));
}

}  // namespace fovea::cli
