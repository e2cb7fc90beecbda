// Feeds the reader of sites, with all plugins behind it, with anything (libFuzzer). Not part of the build; by hand, as
// qa_reader.cpp says, with the library of a finished build for the plugins:
//
//     clang++-14 -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I. \
//       tests/fuzz/site_text.cpp framework/attention/site/{site_text,site_parts}.cpp framework/attention/pattern_text.cpp \
//       framework/core/{options,text}.cpp -Lbuild/release -lfovea -Wl,-rpath,build/release -o build/fuzz_site_text
//     mkdir -p build/fuzz_site_text_corpus
//     printf 'scaled_dot(temperature=2) | causal + window(3, 0) & (dense) | top_k(k=linear(from=8, to=2)) | reinmax' \
//       >build/fuzz_site_text_corpus/one
//     build/fuzz_site_text -max_total_time=600 -max_len=4000 build/fuzz_site_text_corpus

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "framework/attention/site/site_parts.h"
#include "framework/attention/site/site_text.h"
#include "framework/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fovea;
  try {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const std::string canonical = SiteText::parse(text).text();
    if (SiteText::parse(canonical).text() == canonical) return 0;
    std::cerr << "broken: '" << canonical << "' does not read back as itself\n";
    std::abort();
  } catch (const Error& error) {
    if (std::string(error.what()).find('\n') == std::string::npos) return 0;
    std::cerr << "broken: an error has more than one line\n";
    std::abort();
  }
}
