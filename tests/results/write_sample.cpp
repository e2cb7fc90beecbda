// Publishes a sample results file in the directory that is its argument, for open_in_python.py.
#include <cstdio>
#include <exception>

#include "framework/results/run_file.h"
#include "tests/results/sample_record.h"

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: write_sample DIRECTORY\n", stderr);
    return 2;
  }
  try {
    fovea::publish(fovea::testing::sample_record(), arguments[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
