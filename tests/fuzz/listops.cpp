// Feeds the reader of ListOps with anything (libFuzzer). Not part of the build; by hand, as qa_reader.cpp says:
//
//     clang++-14 -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I. \
//       tests/fuzz/listops.cpp tasks/algorithmic/listops_expression.cpp framework/files/*.cpp \
//       framework/core/{error,rng,text}.cpp -lfmt -lxxhash -o build/fuzz_listops
//     mkdir -p build/fuzz_listops_corpus
//     printf '2\t[SM 9 ( 3 ) [MED 1 8 ] ]\n' >build/fuzz_listops_corpus/one
//     build/fuzz_listops -max_total_time=600 -max_len=20000 build/fuzz_listops_corpus

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "framework/core/error.h"
#include "tasks/algorithmic/listops_expression.h"

namespace {

void demand(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken: " << what << '\n';
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    for (const fovea::listops::Expression& one : fovea::listops::parse(text, "input")) {
      demand(one.value >= 0 && one.value <= 9, "a value is a digit");
      demand(one.value == fovea::listops::value_of(one.tokens), "an expression has its value");
    }
  } catch (const fovea::Error& error) {
    const std::string message = error.what();
    demand(message.rfind("[input", 0) == 0, "an error names its file");
    demand(message.find('\n') == std::string::npos, "an error is one line");
  }
  return 0;
}
