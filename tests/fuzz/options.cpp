// Feeds the reader of options, of calls such as "top_k(k=8)" and of their quotes with anything (libFuzzer). Not part of the
// build; by hand, as qa_reader.cpp says:
//
//     clang++-14 -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I. \
//       tests/fuzz/options.cpp framework/core/{error,options,text}.cpp -lfmt -o build/fuzz_options
//     mkdir -p build/fuzz_options_corpus
//     printf 'babi(3, rate=1e-3, path="a,b \\" c", list=1,2)' >build/fuzz_options_corpus/one
//     build/fuzz_options -max_total_time=600 -max_len=4000 build/fuzz_options_corpus

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/error.h"
#include "framework/core/options.h"
#include "framework/core/text.h"

namespace {

using namespace fovea;

void demand(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken: " << what << '\n';
  std::abort();
}

struct Values {
  Extent count = 1;
  double rate = 0.5;
  bool is_on = false;
  std::string path;
  std::string choice = "a";
  std::vector<Extent> list{1};
  Options options;

  Values() {
    options.add("count", count, "", {.low = 0, .high = 1000000});
    options.add("rate", rate, "", {.low = 0, .high = 1});
    options.add("is_on", is_on, "");
    options.add("path", path, "");
    options.add("choice", choice, "", {"a", "b"});
    options.add("list", list, "", {.low = 0});
  }
};

/// Whatever is taken is written so that it reads back as the same.
void check_call(std::string_view text) {
  try {
    Values first;
    const Call call = parse_call(text);
    apply(call, first.options);
    const std::string written = canonical("name", first.options);
    Values second;
    apply(parse_call(written), second.options);
    demand(canonical("name", second.options) == written, "what is written reads back");
    demand(second.path == first.path && second.rate == first.rate && second.list == first.list, "values are kept");
  } catch (const Error& error) {
    demand(std::string_view(error.what()).find('\n') == std::string_view::npos, "an error is one line");
    demand(is_utf8(error.what()), "an error is UTF-8");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_call(text);
  demand(option_value(option_word(text)) == text, "any text has a word that stands for it");
  demand(split_outside(option_word(text), ',').size() == 1, "a word is one part");
  demand(is_utf8(printable(text)), "what is shown is UTF-8");
  return 0;
}
