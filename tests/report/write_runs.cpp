// Writes results that every kind of figure can be drawn of: runs of two groups, runs/; a run that looks at images, glimpse/;
// a study, study.h5.

#include <filesystem>
#include <iostream>

#include "framework/files/atomic_file.h"
#include "framework/results/run_file.h"
#include "tests/report/sample_glimpses.h"
#include "tests/report/sample_runs.h"
#include "tests/report/sample_study.h"

int main(int count, char** words) {
  if (count != 2) {
    std::cerr << "expected a directory\n";
    return 2;
  }
  const std::filesystem::path place = words[1];
  for (const char* folder : {"runs", "glimpse"}) std::filesystem::create_directories(place / folder);
  fovea::testing::publish_groups(place / "runs");
  fovea::publish(fovea::testing::glimpse_record(), place / "glimpse");
  fovea::write_output(place / "study.h5", fovea::image_of(fovea::testing::sample_study()));
  return 0;
}
