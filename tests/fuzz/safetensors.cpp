// Feeds the readers of .safetensors, .npy and .npz files with anything (libFuzzer). Not part of the build; by hand, as
// qa_reader.cpp says, with the library of a finished build for what the readers need and is not looked at:
//
//     clang++-14 -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I. \
//       tests/fuzz/safetensors.cpp framework/exchange/{element_type,npy,npz,safetensors,safetensors_header}.cpp \
//       framework/core/{error,text}.cpp -Lbuild/release -lfovea -lfmt -lzip -Wl,-rpath,build/release \
//       -o build/fuzz_safetensors
//     mkdir -p build/fuzz_safetensors_corpus
//     build/release/tests/fovea_weights write build/fuzz_safetensors_corpus
//     build/fuzz_safetensors -max_total_time=600 -max_len=20000 -rss_limit_mb=8192 build/fuzz_safetensors_corpus
//
// Whatever is read is written and read again. A member of an archive may unpack to 256 MiB, hence the limit of memory.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <set>
#include <string>
#include <string_view>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/exchange/npy.h"
#include "framework/exchange/npz.h"
#include "framework/exchange/safetensors.h"

namespace {

using namespace fovea;
using Arrays = std::vector<NamedArray>;

void demand(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken: " << what << '\n';
  std::abort();
}

/// The arrays, or none; an error is one line of text.
template <class Read>
Arrays read_by(const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    const std::string_view message = error.what();
    demand(message.find('\n') == std::string_view::npos && is_utf8(message), "an error is one line of UTF-8");
    demand(message.size() < 2000, "an error is not long");
    return {};
  }
}

bool same_values(const NamedArray& a, const NamedArray& b) {
  const std::size_t bytes = a.values.size() * sizeof(double);
  return a.shape == b.shape && a.values.size() == b.values.size() &&
         (bytes == 0 || std::memcmp(a.values.data(), b.values.data(), bytes) == 0);
}

/// Those of which the names do not meet in a file.
bool has_names_of_its_own(const Arrays& arrays) {
  std::set<std::string> names{"__metadata__"};
  for (const NamedArray& array : arrays) {
    std::string name = array.name;
    for (char& c : name) c = c == '/' ? '.' : c;
    if (!names.insert(name).second || !is_utf8(name) || name.find('\0') != std::string::npos) return false;
  }
  return true;
}

void check(Arrays arrays) {
  for (NamedArray& array : arrays) {
    std::size_t count = 1;
    for (const Extent extent : array.shape) count *= static_cast<std::size_t>(extent);
    demand(count == array.values.size(), "an array has as many values as its shape");
    array.dtype = "float64";
  }
  if (arrays.empty() || !has_names_of_its_own(arrays)) return;
  const Arrays of_safetensors = read_safetensors(safetensors_bytes(arrays, {}));
  const Arrays of_npz = read_npz(npz_bytes(arrays, {}));
  demand(of_safetensors.size() == arrays.size() && of_npz.size() == arrays.size(), "all arrays come back");
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    demand(same_values(of_safetensors[i], arrays[i]) && of_safetensors[i].name == arrays[i].name, "by safetensors");
    demand(same_values(of_npz[i], arrays[i]) && of_npz[i].name == arrays[i].name, "by npz");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check(read_by([&] { return read_safetensors(bytes); }));
  check(read_by([&] { return Arrays{read_npy(bytes, "array")}; }));
  check(read_by([&] { return read_npz(bytes); }));
  return 0;
}
