#include <zlib.h>

#include "framework/core/error.h"
#include "framework/files/input.h"
#include "tasks/data/pixels.h"

namespace fovea::data {
namespace {

constexpr std::size_t kMost = std::size_t{1} << 32U;
constexpr std::size_t kPiece = std::size_t{1} << 18U;
constexpr int kGzip = 15 + 16;  // the largest window, in a gzip wrapper

/// Frees what zlib holds, whatever happens.
struct Stream {
  z_stream state{};
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  explicit Stream(const std::string& name) {
    if (inflateInit2(&state, kGzip) != Z_OK) {
      throw Error(name, "memory to unpack the file was expected; there is none; end other processes and try again.");
    }
  }
  ~Stream() { inflateEnd(&state); }
};

}  // namespace

bool is_gzip(std::string_view content) { return content.substr(0, 2) == "\x1f\x8b"; }

std::string gunzipped(std::string_view content, const std::string& name) {
  Stream stream(name);
  z_stream& state = stream.state;
  std::string text;
  int status = Z_OK;
  std::size_t taken = 0;
  while (status == Z_OK) {
    // Counts of zlib have 32 bits; a large file is given piece by piece.
    const std::size_t given = std::min(content.size() - taken, kPiece);
    state.next_in = reinterpret_cast<Bytef*>(
        const_cast<char*>(content.data() + taken));  // NOLINT(cppcoreguidelines-pro-type-const-cast): it only reads
    state.avail_in = static_cast<uInt>(given);
    const std::size_t begin = text.size();
    text.resize(begin + kPiece);
    state.next_out = reinterpret_cast<Bytef*>(text.data() + begin);
    state.avail_out = static_cast<uInt>(kPiece);
    status = inflate(&state, Z_NO_FLUSH);
    taken += given - state.avail_in;
    text.resize(begin + kPiece - state.avail_out);
    if (text.size() > kMost) {
      throw Error(name, "at most 4 GiB were expected when unpacked; there are more; give a part of the file.");
    }
  }
  if (status == Z_STREAM_END && taken == content.size()) return text;
  const std::string came = status == Z_STREAM_END  ? std::to_string(content.size() - taken) + " bytes follow its end"
                           : status == Z_BUF_ERROR ? "it ends too soon"
                                                   : "it is damaged";
  throw Error(name, "one whole gzip stream was expected; " + came + "; fetch the file again.");
}

std::string unpacked_input(const std::string& path) {
  const std::shared_ptr<const std::string> content = read_input(path);
  return is_gzip(*content) ? gunzipped(*content, path) : *content;
}

}  // namespace fovea::data
