// The task `images`: the label of an image, from files of the user's own.

#include <algorithm>
#include <string>
#include <vector>

#include "framework/core/text.h"
#include "tasks/data/image_list.h"

namespace fovea {
namespace {

using data::ImageItem;

constexpr const char* kName = "images";
constexpr Real kWhite = 255;

class ImageFiles final : public data::ListedTask {
 public:
  void fields(Options& options) override { options_.fields(options); }
  void check() const override {
    options_.sources.check(kName);
    list();
  }
  Extent count(Split split) const override { return list().items.count(split); }

  void fill(Rng& rng, Split split, Batch& batch) const override {
    const std::vector<ImageItem>& items = list().items.asked(split, options_.sources, kName);
    make(batch);
    for (Extent b = 0; b < batch.rows(); ++b) {
      const ImageItem& item = items[listed_item(rng, split, batch, b, static_cast<Extent>(items.size()))];
      write(list().images.pixels.data() + item.first_pixel, item.label, batch, b);
    }
  }

  Meanings meanings() const override {
    using enum TensorMeaning::What;
    return {{{"image", kNumber, {"y", "x"}},
             {"targets", kClass, {"word"}, "label"},
             {"answers", kClass, {"word"}, "label"},
             {"looked", kItem, {"word"}},
             {"log_prob", kLogProbability}},
            {{"label", list().labels}}};
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const Tensor targets = batch.at("targets");
    Judgement judgement{{{"accuracy", equal_rows(require_output(outputs, "answers", targets.type, kName), targets).whole}},
                        {}};
    for (Extent b = 0; b < batch.rows(); ++b) judgement.slices.push_back("label=" + name_of(targets.index()[b]));
    return judgement;
  }

  double chance() const override { return list().chance; }

  /// The image in characters, darker where it is brighter, and its label.
  std::string text(const Batch& batch, Extent row) const override {
    static constexpr std::string_view kShades = " .:-=+*#%@";
    const Tensor image = batch.at("image");
    const Extent height = image.shape()[1];
    const Extent width = image.shape()[2];
    std::string text;
    for (Extent y = 0; y < height; ++y) {
      for (Extent x = 0; x < width; ++x) {
        const Real ink = image.real()[(row * height + y) * width + x];
        text += kShades[static_cast<std::size_t>(ink * static_cast<Real>(kShades.size() - 1) + Real(0.5))];
      }
      text.erase(text.find_last_not_of(' ') + 1);
      text += '\n';
    }
    return text + "-> " + name_of(batch.at("targets").index()[row]) + "\n";
  }

  std::string item_format() const override {
    return "the path of a PGM image of " + std::to_string(list().images.width) + " x " +
           std::to_string(list().images.height) + " pixels";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return line_reader([this](std::string_view line, Batch& batch) {
      const std::string path(trimmed(line));
      const data::Images image = data::pgm_image(data::unpacked_input(path), path);
      const data::Images& all = list().images;
      if (image.height != all.height || image.width != all.width) {
        throw Error(path, "an image of " + std::to_string(all.width) + " x " + std::to_string(all.height) +
                              " pixels was expected; " + std::to_string(image.width) + " x " + std::to_string(image.height) +
                              " came; scale or cut it.");
      }
      make(batch);
      write(image.pixels.data(), 0, batch, 0);
    });
  }

  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    const Type type{Shape{batch.rows(), 1}, Kind::kIndex};
    return name_of(require_output(outputs, "answers", type, kName).index()[row]) + "\n";
  }

  std::string note() const override {
    const std::string text = data::text_of(list().skipped);
    return text.empty() ? "" : std::string(kName) + ": " + text;
  }

 private:
  const data::ImageList& list() const {
    return shared_.of(kName, options_, [this] { return data::load_images(kName, options_); });
  }

  void make(Batch& batch) const {
    batch.make("image", {Shape{batch.rows(), list().images.height, list().images.width}, Kind::kReal});
    batch.make("targets", {Shape{batch.rows(), 1}, Kind::kIndex});
  }

  static void write(const std::uint8_t* pixels, Index label, const Batch& batch, Extent b) {
    const Tensor image = batch.at("image");
    const Extent size = image.shape()[1] * image.shape()[2];
    std::transform(pixels, pixels + size, image.real() + b * size, [](std::uint8_t grey) { return Real(grey) / kWhite; });
    batch.at("targets").index()[b] = label;
  }

  std::string name_of(Index label) const {
    const bool is_known = label >= 0 && label < static_cast<Index>(list().labels.size());
    return is_known ? list().labels[label] : std::to_string(label);
  }

  data::ImageOptions options_;
  data::Shared<data::ImageList> shared_;
};

FOVEA_TASK("images", ImageFiles, R"doc(
Images: which label an image has, from files of the user's own.

Example   a grey image of a trouser -> the label 1.
Inputs    image [B, H, W], from 0 (black) to 1 (white), row by row; targets Index [B, 1], the labels of training in their
          order.
Files     path: images in the IDX format of MNIST, gzip or not, with an IDX file of labels. Or path: a folder with images in
          the PGM format, and a list with a name, a tab and a label in each line. All images have one size.
Splits    files, or shares of one: a hash of the pixels decides, so that equal images are in one split, and images that are
          added move no other.
Judges    output "answers", Index [B, 1]: accuracy. Slices by label. Chance: the share of test images with the most frequent
          label of training.
Errors    files that are damaged, cut or of another format, images of another size, labels that are missing, too many, or
          none of training. With lenient=true malformed lines and images of a folder are skipped and counted.
Source    the format: LeCun, Cortes & Burges, "The MNIST database of handwritten digits"; the files are the user's.
)doc");

}  // namespace
}  // namespace fovea
