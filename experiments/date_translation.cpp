// Attention aligns what is read with what is written: dates to ISO 8601.

#include "modules/seq2seq/encoder_decoder.h"

namespace fovea {
namespace {

class DateTranslation final : public Experiment {
 public:
  DateTranslation() {
    model_.source_words = 128;  // ASCII
    model_.decoder.words = 11;  // ten digits and the hyphen
    model_.decoder.outputs = 10;
  }

  void fields(Options& options) override { model_.fields(options); }

  std::vector<RunSpec> runs() const override {
    RunSpec run;
    run.task = "date_translation";
    run.model = encoder_decoder_model(model_);
    run.train.steps = 1000;
    run.train.batch = 128;
    run.train.shard_rows = 64;
    run.train.learning_rate = 3e-3;
    run.train.schedule = "warmup(50) * cosine(to=0.01)";
    run.train.clip_norm = 1.0;
    run.train.evaluate_every = 250;
    return {run};
  }

 private:
  EncoderDecoderOptions model_;
};

FOVEA_EXPERIMENT("date_translation", DateTranslation, R"doc(
Does a decoder that looks at the characters it needs write every date as ISO 8601?

Question  An encoder-decoder with attention reads a date as people write it and writes ten characters. Are dates that it never
          saw, in ten forms, all written without a mistake? Where does it look (group /selection of the results)?
Command   fovea run date_translation
          fovea run date_translation site="additive | dense | top_k(4) | none"
Expect    under a minute of training on 2 cores; every one of 10,000 test dates is written without a mistake.
Source    Bahdanau, Cho & Bengio 2015, arXiv:1409.0473, for the model.
)doc");

}  // namespace
}  // namespace fovea
