// Copying by a neural Turing machine: does what it learns on short sequences hold for long ones?

#include "modules/memory/bit_sequences.h"

namespace fovea {
namespace {

class NtmCopy final : public BitSequencesExperiment {
 public:
  NtmCopy()
      : BitSequencesExperiment({.size = "length",
                                .title = "wrong bits of a sequence",
                                .steps = 6000,
                                .longest_linked = 200,
                                .rows = 96,
                                .longer_rows = 4}) {
    tests_ = {20, 120, 1000};
    model_.controller.kind = "feed_forward";
    model_.ntm.site = "cosine | dense | sparsemax | none";
    model_.dnc.slots = 24;
  }

  void fields(Options& options) override {
    options.add("max_length", length_, "most vectors in training, >= 1", {.low = 1});
    options.add("tests", tests_, "lengths of the tests, >= 1", {.low = 1});
    options.add("blanks", blanks_, "share of vectors whose bits are all set to 0 in training, in [0, 1]",
                {.low = 0, .high = 1});
    BitSequencesExperiment::fields(options);
  }

 private:
  std::string task_text(Extent test) const override {
    return "copy(max_length=" + std::to_string(length_) + ", test_length=" + std::to_string(test) +
           ", blanks=" + number_text(blanks_) + ")";
  }

  Extent length_ = 20;
  double blanks_ = 0.05;
};

FOVEA_EXPERIMENT("ntm_copy", NtmCopy, R"doc(
Does a neural Turing machine that copies short sequences copy long ones without a wrong bit?

Question  Trained on 1 to 20 vectors of 8 bits, tested at 20, 120 and 1,000 without retraining. Published (Graves et al. 2014,
          figures 4 and 5): a neural Turing machine copies up to 20 exactly and makes some errors at 120; an LSTM fails
          past 20. Here an LSTM and a differentiable neural computer are run for comparison.
Command   fovea run ntm_copy --seeds 3
          fovea run ntm_copy networks=ntm controller=lstm --seeds 3
Expect    five minutes of training a seed on a busy core. ntm, wrong bits of a sequence for seeds 1, 2 and 3: 0, 0 and 0 at
          20; 0, 0 and 0.01 at 120 (one bit in 96 sequences); 0, 0 and 4.5 at 1,000 (4 sequences). With an LSTM as
          controller, seed 2: 0.01, 0 and 0. With blanks=0 and 10,000 steps: at 120 seed 1 has 0, seed 2 has 0.9.
Options   site="cosine | dense | softmax | none" for the paper's search by content; sharpening=sparse for addresses with
          exact zeros; controller, hidden, slots, slot_width, reads, writes, reach; blanks=0 for training on vectors as the
          test has them; networks=ntm for one of the three.
Source    Graves et al. 2014, arXiv:1410.5401, section 4.1. Unlike there: slots start as a constant (Collier & Beel 2018,
          arXiv:1807.08518), the search by content is sparse, so that it does not wash out where a longer test has more
          slots, and a vector without a 1, which looks like a blank step, is shown more often in training. In the test
          there are as many slots as steps. The dnc is not tested at 1,000: its links take N^2 numbers a step.
)doc");

}  // namespace
}  // namespace fovea
