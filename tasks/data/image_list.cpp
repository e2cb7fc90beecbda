#include "tasks/data/image_list.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "framework/core/text.h"

namespace fovea::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kListName = "labels.tsv";

/// Numbers come first, by their size; then other texts, by their bytes.
bool comes_before(const std::string& a, const std::string& b) {
  const auto is_number = [](const std::string& text) { return text.find_first_not_of("0123456789") == std::string::npos; };
  if (is_number(a) != is_number(b)) return is_number(a);
  if (is_number(a) && a.size() != b.size()) return a.size() < b.size();
  return a < b;
}

class ImageLoader {
 public:
  ImageLoader(std::string task, const ImageOptions& options) : task_(std::move(task)), options_(options) {}

  ImageList load() {
    for (const Sources::File& file : options_.sources.files()) {
      const std::string& labels = labels_of(file.split);
      if (fs::is_directory(file.path)) {
        read_folder(file, labels);
      } else {
        read_idx(file, labels);
      }
    }
    options_.sources.check_counts(task_, read_.counts());
    name_labels();
    return std::move(list_);
  }

 private:
  struct Read {
    std::size_t first_pixel = 0;
    std::string label;
    std::string place;
  };

  const std::string& labels_of(Split split) const {
    return split == Split::kTrain        ? options_.labels
           : split == Split::kValidation ? options_.validation_labels
                                         : options_.test_labels;
  }

  void read_idx(const Sources::File& file, const std::string& labels) {
    const Images images = idx_images(unpacked_input(file.path), file.path);
    if (labels.empty()) {
      throw Error(task_, "a file of labels was expected for " + in_quotes(file.path) + "; none came; set labels=FILE, or " +
                             "validation_labels and test_labels for the files of these splits.");
    }
    const std::vector<std::uint8_t> numbers = idx_labels(unpacked_input(labels), labels);
    if (static_cast<Extent>(numbers.size()) != images.count()) {
      throw Error(labels, "a label for each of the " + std::to_string(images.count()) + " images of " +
                              in_quotes(file.path) + " was expected; " + std::to_string(numbers.size()) +
                              " came; give the labels of these images.");
    }
    check_size(images, file.path);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const auto size = static_cast<std::size_t>(images.height * images.width);
      add(file, images.pixels.data() + i * size, std::to_string(numbers[i]), labels + ", label " + std::to_string(i + 1));
    }
  }

  void read_folder(const Sources::File& file, const std::string& labels) {
    const std::string list = labels.empty() ? (fs::path(file.path) / kListName).string() : labels;
    read_lines(list, options_.lenient ? &list_.skipped : nullptr, [&](std::string_view line, Extent number) {
      const std::vector<Field> fields = fields_of(line, '\t');
      if (fields.size() != 2 || trimmed(fields[0].text).empty() || trimmed(fields[1].text).empty()) {
        throw LineError(fields.size() > 2 ? fields[2].begin - 1 : line.size(),
                        "the name of an image, one tab and its label were expected; " + came(line) +
                            " came; write NAME, one tab, LABEL.");
      }
      const std::string path = (fs::path(file.path) / trimmed(fields[0].text)).string();
      Images image;
      try {
        image = pgm_image(unpacked_input(path), path);
        check_size(image, path);
      } catch (const Error& error) {
        if (!options_.lenient) throw;
        throw LineError(0, std::string(error.what()));
      }
      add(file, image.pixels.data(), std::string(trimmed(fields[1].text)), list + ":" + std::to_string(number));
    });
  }

  /// All images have the size of the first one.
  void check_size(const Images& images, const std::string& path) {
    Images& all = list_.images;
    if (all.height == 0) {
      all.height = images.height;
      all.width = images.width;
    }
    if (images.height == all.height && images.width == all.width) return;
    throw Error(path, "images of one size, " + std::to_string(all.width) + " x " + std::to_string(all.height) +
                          " pixels, were expected; " + std::to_string(images.width) + " x " + std::to_string(images.height) +
                          " came; scale or cut the images.");
  }

  void add(const Sources::File& file, const std::uint8_t* pixels, std::string label, std::string place) {
    std::vector<std::uint8_t>& all = list_.images.pixels;
    const auto size = static_cast<std::size_t>(list_.images.height * list_.images.width);
    const std::size_t first = all.size();
    all.insert(all.end(), pixels, pixels + size);
    const Split split = options_.sources.split_of(file, {reinterpret_cast<const char*>(pixels), size});
    read_.of(split).push_back({first, std::move(label), std::move(place)});
  }

  void name_labels() {
    std::set<std::string, decltype(&comes_before)> names(&comes_before);
    for (const Read& one : read_.of(Split::kTrain)) names.insert(one.label);
    list_.labels.assign(names.begin(), names.end());
    if (names.size() < 2) {
      throw Error(task_, "at least two labels were expected; the training images have only " + came(list_.labels[0]) +
                             "; give images with other labels.");
    }
    std::array<std::vector<Index>, 3> numbers;
    for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
      for (const Read& one : read_.of(split)) {
        const auto found = std::lower_bound(list_.labels.begin(), list_.labels.end(), one.label, comes_before);
        if (found == list_.labels.end() || *found != one.label) {
          skip(one);
          continue;
        }
        const auto label = static_cast<Index>(found - list_.labels.begin());
        list_.items.of(split).push_back({one.first_pixel, label});
        numbers[static_cast<std::size_t>(split)].push_back(label);
      }
    }
    list_.chance = most_frequent_share(numbers[0], numbers[2]);
  }

  void skip(const Read& one) {
    const Error error(one.place, "a label of the training images was expected; " + came(one.label) +
                                     " came; add training images with it, or set lenient=true to skip such images.");
    if (!options_.lenient) throw error;
    ++list_.skipped.lines;
    if (list_.skipped.first.empty()) list_.skipped.first = error.what();
  }

  std::string task_;
  const ImageOptions& options_;
  Splits<Read> read_;
  ImageList list_;
};

}  // namespace

void ImageOptions::fields(Options& options) {
  sources.fields(options, "of an IDX file of images, gzip or not, or of a folder of PGM images");
  options.add("labels", labels,
              "of an IDX file of labels; for a folder, a list of names and labels, empty: labels.tsv in the folder");
  options.add("validation_labels", validation_labels, "the same for validation_file");
  options.add("test_labels", test_labels, "the same for test_file");
  options.add("lenient", lenient,
              "skip malformed lines and images of a folder, and labels that training lacks, and count them");
}

ImageList load_images(const std::string& task, const ImageOptions& options) { return ImageLoader(task, options).load(); }

}  // namespace fovea::data
