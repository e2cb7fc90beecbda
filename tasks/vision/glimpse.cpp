// The task `glimpse`: small images with a few digits on a grid of regions, and a caption of one word a digit.

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "framework/task.h"
#include "tasks/data/lines.h"

namespace fovea {
namespace {

constexpr const char* kName = "glimpse";
constexpr Extent kSide = 8;  // pixels of a region, each way
constexpr Extent kGlyphWidth = 5;
constexpr Extent kGlyphHeight = 7;
constexpr Extent kWords = 10;

/// The digits, row by row; '#' is ink.
constexpr std::array<std::string_view, kWords> kGlyphs{
    " ### #   ##   ##   ##   ##   # ### ", "  #   ##    #    #    #    #   ### ", " ### #   #    #   #   #   #   #####",
    " ### #   #    #  ##     ##   # ### ", "   #   ##  # # #  # #####   #    # ", "######    ####     #    ##   # ### ",
    " ### #    #    #### #   ##   # ### ", "#####    #   #   #   #    #    #   ", " ### #   ##   # ### #   ##   # ### ",
    " ### #   ##   # ####    #    # ### "};

/// Where the digits of an image are and what they are, in reading order.
struct Scene {
  std::vector<Index> regions;
  std::vector<Index> words;
};

/// A scene belongs to one split: 8 of 10 to training, 1 to validation, 1 to the test, by a hash (FNV-1a).
Split split_of(const Scene& scene) {
  std::uint64_t hash = 14695981039346656037U;
  const auto mix = [&hash](Index value) { hash = (hash ^ static_cast<std::uint64_t>(value)) * 1099511628211U; };
  std::for_each(scene.regions.begin(), scene.regions.end(), mix);
  std::for_each(scene.words.begin(), scene.words.end(), mix);
  const std::uint64_t part = (hash >> 20U) % 10;
  return part == 0 ? Split::kTest : part == 1 ? Split::kValidation : Split::kTrain;
}

class Glimpse final : public Task {
 public:
  void fields(Options& options) override {
    options.add("grid", grid_, "regions of an image, each way, in [2, 16]", {.low = 2, .high = 16});
    options.add("digits", digits_, "digits in an image, in [1, grid * grid]", {.low = 1, .high = 256});
    options.add("noise", noise_, "deviation of the noise of a pixel, >= 0; ink is 0.6 to 1, paper is 0", {.low = 0});
    options.add("specks", specks_, "single pixels of ink in every region, in [0, 64]", {.low = 0, .high = 64});
  }

  void check() const override {
    if (digits_ <= grid_ * grid_) return;
    throw Error(kName, "there must be a region for every digit; there are " + std::to_string(digits_) + " digits and " +
                           std::to_string(grid_ * grid_) + " regions; take fewer digits or a larger grid.");
  }

  void fill(Rng& rng, Split split, Batch& batch) const override {
    const Tensors made(batch, grid_ * kSide, digits_);
    for (Extent b = 0; b < batch.rows(); ++b) {
      Scene scene = drawn(rng);
      while (split_of(scene) != split) scene = drawn(rng);
      write(rng, scene, made, b);
    }
  }

  Meanings meanings() const override {
    using enum TensorMeaning::What;
    std::vector<std::string> digits;
    for (Extent word = 0; word < kWords; ++word) digits.push_back(std::to_string(word));
    return {{{"image", kNumber, {"y", "x"}},
             {"targets", kClass, {"word"}, "digit"},
             {"regions", kItem, {"word"}},
             {"answers", kClass, {"word"}, "digit"},
             {"looked", kItem, {"word"}},
             {"log_prob", kLogProbability}},
            {{"digit", digits}}};
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const Tensor targets = batch.at("targets");
    const EqualRows right = equal_rows(require_output(outputs, "answers", targets.type, kName), targets);
    const EqualRows looked = equal_rows(require_output(outputs, "looked", targets.type, kName), batch.at("regions"));
    return {{{"exact_caption", right.whole}, {"word_accuracy", right.share}, {"looked_right", looked.share}}, {}};
  }

  double chance() const override { return std::pow(1 / static_cast<double>(kWords), static_cast<double>(digits_)); }

  std::string item_format() const override {
    return grid_text() + ", a word for each row of regions, such as '" + example() + "'; they are painted as in training";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) {
      Rng rng({.stream = stream_of("glimpse/written")});
      write(rng, scene_in(line), Tensors(batch, grid_ * kSide, digits_), 0);
    });
  }

  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    const Type type{Shape{batch.rows(), digits_}, Kind::kIndex};
    const Index* answers = require_output(outputs, "answers", type, kName).index() + row * digits_;
    std::string text;
    for (Extent i = 0; i < digits_; ++i) text += (i == 0 ? "" : " ") + std::to_string(answers[i]);
    return text + "\n";
  }

 private:
  struct Tensors {
    Tensors(Batch& batch, Extent pixels, Extent digits)
        : image(batch.make("image", {Shape{batch.rows(), pixels, pixels}, Kind::kReal})),
          targets(batch.make("targets", {Shape{batch.rows(), digits}, Kind::kIndex})),
          regions(batch.make("regions", {Shape{batch.rows(), digits}, Kind::kIndex})) {}

    Tensor image;    // [B, 8 grid, 8 grid]
    Tensor targets;  // [B, digits]
    Tensor regions;  // [B, digits]
  };

  void write(Rng& rng, const Scene& scene, const Tensors& made, Extent b) const {
    std::copy(scene.words.begin(), scene.words.end(), made.targets.index() + b * digits_);
    std::copy(scene.regions.begin(), scene.regions.end(), made.regions.index() + b * digits_);
    paint(rng, scene, made.image.real() + b * made.image.shape().without(0).size());
  }

  std::string grid_text() const {
    const std::string grid = std::to_string(grid_);
    return grid + " words of " + grid + " digits or dots, with " + std::to_string(digits_) + " digits in all";
  }

  /// A grid with its first digits: "12. ...".
  std::string example() const {
    std::string text;
    for (Extent region = 0; region < grid_ * grid_; ++region) {
      if (region > 0 && region % grid_ == 0) text += ' ';
      text += region < digits_ ? static_cast<char>('0' + (region + 1) % kWords) : '.';
    }
    return text;
  }

  /// Digits and dots of a user, region after region.
  Scene scene_in(std::string_view line) const {
    std::string cells;
    for (const data::Field& word : data::words_of(line)) cells += word.text;
    Scene scene;
    for (std::size_t region = 0; region < cells.size(); ++region) {
      if (cells[region] < '0' || cells[region] > '9') continue;
      scene.regions.push_back(static_cast<Index>(region));
      scene.words.push_back(static_cast<Index>(cells[region] - '0'));
    }
    const bool has_other = cells.find_first_not_of("0123456789.") != std::string::npos;
    if (static_cast<Extent>(cells.size()) == grid_ * grid_ && static_cast<Extent>(scene.words.size()) == digits_ &&
        !has_other) {
      return scene;
    }
    throw Error(kName, grid_text() + ", were expected; " + data::came(line) + " came; correct it.");
  }

  Scene drawn(Rng& rng) const {
    std::vector<Index> places(static_cast<std::size_t>(grid_ * grid_));
    std::iota(places.begin(), places.end(), Index{0});
    rng.shuffle(std::span<Index>(places));
    Scene scene;
    scene.regions.assign(places.begin(), places.begin() + digits_);
    std::sort(scene.regions.begin(), scene.regions.end());
    for (Extent i = 0; i < digits_; ++i) scene.words.push_back(static_cast<Index>(rng.below(kWords)));
    return scene;
  }

  void paint(Rng& rng, const Scene& scene, Real* image) const {
    const Extent pixels = grid_ * kSide;
    const auto size = static_cast<std::size_t>(pixels * pixels);
    rng.fill_normal({image, size});
    for (std::size_t i = 0; i < size; ++i) image[i] *= static_cast<Real>(noise_);
    for (Extent region = 0; region < grid_ * grid_; ++region) {
      Real* corner = corner_of(image, region);
      for (Extent speck = 0; speck < specks_; ++speck) corner[rng.below(kSide) * pixels + rng.below(kSide)] += ink(rng);
    }
    for (std::size_t i = 0; i < scene.words.size(); ++i) {
      Real* corner = corner_of(image, scene.regions[i]) + rng.below(kSide - kGlyphHeight + 1) * pixels;
      write(kGlyphs[scene.words[i]], ink(rng), corner + rng.below(kSide - kGlyphWidth + 1));
    }
  }

  static Real ink(Rng& rng) { return static_cast<Real>(rng.uniform(0.6, 1)); }

  Real* corner_of(Real* image, Extent region) const {
    return image + (region / grid_) * kSide * grid_ * kSide + (region % grid_) * kSide;
  }

  void write(std::string_view glyph, Real strength, Real* corner) const {
    for (Extent y = 0; y < kGlyphHeight; ++y) {
      for (Extent x = 0; x < kGlyphWidth; ++x) {
        if (glyph[y * kGlyphWidth + x] == '#') corner[y * grid_ * kSide + x] += strength;
      }
    }
  }

  Extent grid_ = 4;
  Extent digits_ = 4;
  double noise_ = 0.1;
  Extent specks_ = 2;
};

FOVEA_TASK("glimpse", Glimpse, R"doc(
Glimpse: an image with a few digits on a grid of regions, answered by the digits in reading order, one word each.

Example   grid=2, digits=2: a 7 in the upper right region, a 1 in the lower left -> targets 7, 1, regions 1, 2.
Inputs    image [B, 8 grid, 8 grid], ink from 0.6 to 1, paper 0, with normal noise and single pixels of ink in every region;
          targets Index [B, digits], 0 to 9; regions Index [B, digits], row by row from 0: where the digits are. A digit has
          5 x 7 pixels at a random place within the 8 x 8 of its region.
Splits    by what is where: a hash puts every scene into one of training (8 of 10), validation (1) and test (1).
Judges    outputs "answers" and "looked", Index [B, digits]: exact_caption (all words right), word_accuracy, and looked_right,
          the share of words at which the model looked at the region of the digit.
Chance    10^-digits for a caption.
Errors    more digits than regions; an output that is missing or has another shape.
Source    in the manner of Mnih et al. 2014, arXiv:1406.6247, and Ba, Mnih & Kavukcuoglu 2015, arXiv:1412.7755, section 4, with
          drawn digits; captions by attention over regions: Xu et al. 2015, arXiv:1502.03044.
)doc");

}  // namespace
}  // namespace fovea
