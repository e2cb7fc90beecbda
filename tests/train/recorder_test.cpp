#include "framework/train/recorder.h"

#include <doctest/doctest.h>

#include <cmath>

TEST_CASE("the cost of training is the mean over the last tenth of the steps") {
  // The last step is 20: steps 18 and 20 count, 17 does not.
  const fovea::TrainTable table{{10, 17, 18, 20}, {{"loss", "1", "", {8, 4, 2, 1}}}};
  CHECK(fovea::train_cost(table) == 1.5);
  CHECK(std::isnan(fovea::train_cost({})));
}
