#pragma once

#include <string>
#include <vector>

#include "tasks/data/lines.h"
#include "tasks/data/pixels.h"
#include "tasks/data/sources.h"

// The images of the task `images`, with their labels.
namespace fovea::data {

struct ImageOptions {
  Sources sources{};
  std::string labels{};
  std::string validation_labels{};
  std::string test_labels{};
  bool lenient = false;

  void fields(Options& options);
};

struct ImageItem {
  std::size_t first_pixel = 0;
  Index label = -1;
};

struct ImageList {
  Images images;
  std::vector<std::string> labels;  // numbers in their order, other texts in that of their bytes
  Splits<ImageItem> items;
  Skipped skipped;
  double chance = -1;
};

/// Reads all images: an IDX file and an IDX file of labels, gzip or not, or a folder of PGM images and a list of their names
/// and labels.
///
/// Errors    those of the formats; images of several sizes; another number of labels than of images; a label that training
///           does not have.
ImageList load_images(const std::string& task, const ImageOptions& options);

}  // namespace fovea::data
