#include "framework/cli/log_file.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>

namespace fovea::cli {

LogFile::LogFile(std::filesystem::path directory) : directory_(std::move(directory)) {}

LogFile::~LogFile() = default;

void LogFile::write(const std::string& line) {
  if (!logger_) {
    try {
      auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>((directory_ / "log.txt").string());
      logger_ = std::make_shared<spdlog::logger>("run", std::move(sink));
    } catch (const spdlog::spdlog_ex&) {
      return;
    }
    logger_->set_pattern("%Y-%m-%d %H:%M:%S  %v");
    logger_->set_error_handler([](const std::string&) {});
    logger_->flush_on(spdlog::level::info);
  }
  logger_->info("{}", line);
}

}  // namespace fovea::cli
