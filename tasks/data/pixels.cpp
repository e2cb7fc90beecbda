#include "tasks/data/pixels.h"

#include <algorithm>
#include <optional>

#include "framework/core/error.h"
#include "framework/core/text.h"

namespace fovea::data {
namespace {

constexpr std::size_t kMagic = 4;        // bytes before the extents
constexpr std::size_t kExtent = 4;       // bytes of an extent
constexpr Extent kMostPixels = 1 << 24;  // of an image

unsigned byte_of(std::string_view content, std::size_t place) { return static_cast<unsigned char>(content[place]); }

/// The extents of an IDX file of unsigned bytes, whose values have been counted.
std::vector<Extent> idx_extents(std::string_view content, std::size_t axes, const std::string& name) {
  if (!is_idx(content)) {
    throw Error(name, "an IDX file was expected, which begins with two bytes 0; " + in_quotes(content.substr(0, kMagic)) +
                          " came; is this the right file?");
  }
  constexpr unsigned kBytes = 8;
  if (byte_of(content, 2) != kBytes) {
    throw Error(name, "an IDX file of unsigned bytes, type 8, was expected; its type is " +
                          std::to_string(byte_of(content, 2)) + "; convert it.");
  }
  if (byte_of(content, 3) != axes) {
    throw Error(name, "an IDX file of " + std::string(axes == 3 ? "images, 3 axes," : "labels, 1 axis,") +
                          " was expected; it has " + std::to_string(byte_of(content, 3)) +
                          "; give images as path and labels as labels.");
  }
  const std::size_t header = kMagic + axes * kExtent;
  if (content.size() < header) {
    throw Error(name, "the extents of an IDX file were expected; it ends after " + std::to_string(content.size()) +
                          " bytes; fetch it again.");
  }
  std::vector<Extent> extents;
  std::uint64_t size = 1;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    std::uint64_t extent = 0;
    for (std::size_t i = 0; i < kExtent; ++i) extent = extent << 8U | byte_of(content, kMagic + axis * kExtent + i);
    if (extent == 0) throw Error(name, "extents above 0 were expected; one is 0; is this the right file?");
    extents.push_back(static_cast<Extent>(extent));
    const std::uint64_t most = content.size() + 1;  // whatever is more than the file holds is too much
    size = extent > most / size ? most : size * extent;
  }
  if (size == content.size() - header) return extents;
  throw Error(name, (size > content.size() ? std::string("as many values as the extents say were expected")
                                           : std::to_string(size) + " values were expected") +
                        "; " + std::to_string(content.size() - header) + " bytes came; fetch the file again.");
}

/// Reads the numbers of a PGM file, with its comments.
class PgmReader {
 public:
  PgmReader(std::string_view content, std::string name) : content_(content), name_(std::move(name)) {}

  Images read() {
    const std::string_view form = content_.substr(0, 2);
    if (form != "P5" && form != "P2") {
      throw Error(name_, "a grey image in PGM format, P5 or P2, was expected; " + in_quotes(form) +
                             " came; convert it (convert IMAGE -colorspace gray -depth 8 IMAGE.pgm).");
    }
    at_ = 2;
    Images image;
    image.width = number("its width", 1, kMostPixels);
    image.height = number("its height", 1, kMostPixels / image.width);
    const Extent levels = number("its brightest level", 1, 255);
    const auto count = static_cast<std::size_t>(image.width * image.height);
    if (form == "P2") {
      read_text(image, count, levels);
    } else {
      read_bytes(image, count, levels);
    }
    return image;
  }

 private:
  static bool is_blank(char letter) { return letter == ' ' || (letter >= '\t' && letter <= '\r'); }

  void skip_blanks() {
    while (at_ < content_.size() && (is_blank(content_[at_]) || content_[at_] == '#')) {
      if (content_[at_] == '#') at_ = std::min(content_.find('\n', at_), content_.size() - 1);
      ++at_;
    }
  }

  Extent number(const std::string& what, Extent low, Extent high) {
    skip_blanks();
    const std::size_t begin = at_;
    Extent value = 0;
    for (; at_ < content_.size() && content_[at_] >= '0' && content_[at_] <= '9'; ++at_) {
      if (value <= high) value = 10 * value + (content_[at_] - '0');
    }
    if (at_ > begin && value >= low && value <= high) return value;
    const std::string_view text = content_.substr(begin, std::clamp<std::size_t>(at_ - begin, 1, 20));
    const std::string came = text.empty() ? std::string("the end") : in_quotes(text);
    throw Error(name_, what + " was expected, a number in [" + std::to_string(low) + ", " + std::to_string(high) + "]; " +
                           came + " came; is this a PGM image of 8 bits?");
  }

  void read_text(Images& image, std::size_t count, Extent levels) {
    for (std::size_t i = 0; i < count; ++i) {
      image.pixels.push_back(spread(number("the pixel " + std::to_string(i + 1), 0, levels), levels));
    }
    skip_blanks();
    check_end(0, count);
  }

  void read_bytes(Images& image, std::size_t count, Extent levels) {
    ++at_;  // one blank
    check_end(count, count);
    for (std::size_t i = 0; i < count; ++i) {
      const Extent value = byte_of(content_, at_ + i);
      if (value > levels) {
        throw Error(name_, "pixels of at most " + std::to_string(levels) + " were expected; pixel " + std::to_string(i + 1) +
                               " is " + std::to_string(value) + "; is the file damaged?");
      }
      image.pixels.push_back(spread(value, levels));
    }
  }

  void check_end(std::size_t expected, std::size_t pixels) const {
    const std::size_t left = content_.size() - std::min(at_, content_.size());
    if (left == expected && at_ <= content_.size()) return;
    throw Error(name_,
                std::to_string(pixels) + " pixels and nothing else were expected; " +
                    (left < expected ? std::to_string(left) + " came" : std::to_string(left - expected) + " bytes follow") +
                    "; give one whole image in a file.");
  }

  static std::uint8_t spread(Extent value, Extent levels) {
    return static_cast<std::uint8_t>((value * 255 + levels / 2) / levels);
  }

  std::string_view content_;
  std::string name_;
  std::size_t at_ = 0;
};

std::vector<std::uint8_t> bytes_after(std::string_view content, std::size_t header) {
  return {content.begin() + static_cast<std::ptrdiff_t>(header), content.end()};
}

}  // namespace

bool is_idx(std::string_view content) { return content.size() >= kMagic && content[0] == '\0' && content[1] == '\0'; }

Images idx_images(std::string_view content, const std::string& name) {
  const std::vector<Extent> extents = idx_extents(content, 3, name);
  return {extents[1], extents[2], bytes_after(content, kMagic + 3 * kExtent)};
}

std::vector<std::uint8_t> idx_labels(std::string_view content, const std::string& name) {
  idx_extents(content, 1, name);
  return bytes_after(content, kMagic + kExtent);
}

Images pgm_image(std::string_view content, const std::string& name) { return PgmReader(content, name).read(); }

}  // namespace fovea::data
