// Sorts numbers with a pointer network that was trained: sort_with RUN NUMBER...
#include <cstdlib>
#include <exception>
#include <iostream>

#include "framework/trained/predictor.h"

int main(int count, char** arguments) try {
  const fovea::Extent length = count - 2;
  fovea::TrainedRun run(arguments[1]);
  fovea::Predictor predictor(run);  // one for each thread; they share the parameters of the run
  fovea::Batch batch(1);            // one item: the tensors that the task makes, without its answer
  fovea::Real* const numbers = batch.make("items", {{1, length, 1}, fovea::Kind::kReal}).real();
  for (fovea::Extent i = 0; i < length; ++i) numbers[i] = std::strtof(arguments[2 + i], nullptr);

  const fovea::Outputs& outputs = predictor.predict(batch);
  const fovea::Index* const order = outputs.at("pointers").index();
  for (fovea::Extent i = 0; i < length; ++i) std::cout << numbers[order[i]] << (i + 1 < length ? " " : "\n");

  for (const fovea::SelectionSite& site : predictor.selections()) {
    std::cout << site.path << ": " << site.item.size() << " rows, " << site.kept.size() << " kept items\n";
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
