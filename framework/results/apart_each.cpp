#include "framework/results/apart_each.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>
#include <thread>

#include "framework/core/error.h"
#include "framework/files/posix_file.h"
#include "framework/results/child.h"

namespace fovea {
namespace {

using Limit = std::function<std::chrono::seconds(std::size_t)>;
using Work = std::function<std::string(std::size_t)>;

// Each answer of a child is its size, a byte that says what it is, and its text.
constexpr std::size_t kFrame = sizeof(std::uint64_t) + 1;
constexpr char kAnswered = 'a';
constexpr char kProblem = 'p';
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 28;

std::string framed(char kind, const std::string& text) {
  const std::uint64_t size = text.size();
  std::string bytes(sizeof size, '\0');
  std::memcpy(bytes.data(), &size, sizeof size);
  return bytes + kind + text;
}

void write_out(int out, std::span<const char> left) {
  while (!left.empty()) {
    const ssize_t written = uninterrupted([&] { return ::write(out, left.data(), left.size()); });
    if (written <= 0) ::_exit(2);
    left = left.subspan(static_cast<std::size_t>(written));
  }
}

/// Items first, first + stride, ...
[[noreturn]] void be_child(int out, std::array<std::size_t, 3> items, const Limit& limit, const Work& work) {
  const auto [first, stride, count] = items;
  for (std::size_t item = first; item < count; item += stride) {
    std::string answer;
    try {
      limit_computing(limit(item));
      answer = framed(kAnswered, work(item));
    } catch (...) {
      answer = framed(kProblem, caught_error("reading").fact());
    }
    write_out(out, answer);
  }
  ::_exit(0);  // no destructors and no exit handlers: those are the parent's
}

/// A child and the items that it has still to answer.
class Reading {
 public:
  Reading(std::size_t first, std::size_t stride, std::vector<ApartAnswer>& answers, const Limit& limit, const Work& work)
      : next_(first), stride_(stride), answers_(answers), limit_(limit), work_(work) {
    start();
  }
  ~Reading() {
    if (child_ > 0) ::kill(child_, SIGKILL);
    end();
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  bool is_over() const { return in_ < 0; }
  int in() const { return in_; }

  /// Takes what has come. An item at which a child ends is given up, and another child begins with the next one.
  void take() {
    std::array<char, 65536> piece{};
    const ssize_t size = uninterrupted([&] { return ::read(in_, piece.data(), piece.size()); });
    if (size > 0) {
      bytes_.append(piece.data(), static_cast<std::size_t>(size));
      take_answers();
      return;
    }
    const int status = end();
    if (next_ >= answers_.size()) return;
    answers_[next_].problem = ended_early(status, limit_(next_));
    next_ += stride_;
    start();
  }

 private:
  void start() {
    bytes_.clear();
    if (next_ >= answers_.size()) return;
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_no_process("make a pipe", errno);
    const pid_t parent = ::getpid();
    child_ = ::fork();
    const int code = errno;
    if (child_ == 0) {
      begin_child(parent, ends[1]);
      be_child(ends[1], {next_, stride_, answers_.size()}, limit_, work_);
    }
    ::close(ends[1]);
    if (child_ < 0) {
      ::close(ends[0]);
      throw_no_process("make a process", code);
    }
    in_ = ends[0];
  }

  int end() {
    int status = 0;
    if (in_ >= 0) ::close(in_);
    if (child_ > 0) uninterrupted([&] { return ::waitpid(child_, &status, 0); });
    in_ = -1;
    child_ = -1;
    return status;
  }

  void take_answers() {
    std::size_t place = 0;
    while (bytes_.size() - place >= kFrame && next_ < answers_.size()) {
      std::uint64_t size = 0;
      std::memcpy(&size, bytes_.data() + place, sizeof size);
      if (size > kMostBytes) ::kill(child_, SIGKILL);  // it no longer knows what it does
      if (size > kMostBytes || bytes_.size() - place - kFrame < size) break;
      const bool is_answered = bytes_[place + sizeof size] == kAnswered;
      (is_answered ? answers_[next_].text : answers_[next_].problem) = bytes_.substr(place + kFrame, size);
      place += kFrame + size;
      next_ += stride_;
    }
    bytes_.erase(0, place);
  }

  std::size_t next_;
  std::size_t stride_;
  std::vector<ApartAnswer>& answers_;
  const Limit& limit_;
  const Work& work_;
  std::string bytes_;
  int in_ = -1;
  pid_t child_ = -1;
};

}  // namespace

std::vector<ApartAnswer> run_apart_each(std::size_t count, const Limit& limit, const Work& work) {
  constexpr std::size_t kWorthAProcess = 4;  // items: less is read in the time that a process takes to begin
  constexpr std::size_t kMost = 16;
  std::vector<ApartAnswer> answers(count);
  const std::size_t cores = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMost);
  const std::size_t stride = std::clamp<std::size_t>(count / kWorthAProcess, 1, cores);
  std::vector<std::unique_ptr<Reading>> readings;
  for (std::size_t first = 0; first < std::min(stride, count); ++first) {
    readings.push_back(std::make_unique<Reading>(first, stride, answers, limit, work));
  }
  for (;;) {
    std::erase_if(readings, [](const auto& reading) { return reading->is_over(); });
    if (readings.empty()) return answers;
    std::vector<pollfd> waiting;
    for (const auto& reading : readings) waiting.push_back({reading->in(), POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;  // a signal
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents != 0) readings[i]->take();
    }
  }
}

}  // namespace fovea
