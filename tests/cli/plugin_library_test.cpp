#include <doctest/doctest.h>

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "framework/cli/plugin_library.h"

using namespace fovea;

namespace {

// A file that is removed at the end of the test.
struct File {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("fovea-plugin-test-" + std::to_string(::getpid()) + "-" + kPrecision);
  explicit File(const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }
  ~File() { std::filesystem::remove(path); }
};

template <class T>
std::string bytes_of_value(const T& value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

// A shared library with two sections: the names of sections, and the tag.
std::string library(const PluginAbi& abi) {
  const std::string names(".names\0.fovea_abi\0", 18);
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_type = ET_DYN;
#if defined(__x86_64__)
  header.e_machine = EM_X86_64;
#else
  header.e_machine = EM_AARCH64;
#endif
  header.e_shoff = sizeof(header);
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 2;
  Elf64_Shdr strings{};
  strings.sh_type = SHT_STRTAB;
  strings.sh_offset = sizeof(header) + 2 * sizeof(Elf64_Shdr);
  strings.sh_size = names.size();
  Elf64_Shdr tag{};
  tag.sh_name = 7;
  tag.sh_type = SHT_PROGBITS;
  tag.sh_offset = strings.sh_offset + names.size();
  tag.sh_size = sizeof(PluginAbi);
  return bytes_of_value(header) + bytes_of_value(strings) + bytes_of_value(tag) + names + bytes_of_value(abi);
}

const PluginAbi kOld = FOVEA_ABI_VALUES("test", "0.0.0");

std::string read_error(const std::string& bytes) {
  const File file(bytes);
  try {
    cli::read_plugin_abi(file.path);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the tag of a plugin library is read from its file") {
  const File file(library(kOld));
  const PluginAbi abi = cli::read_plugin_abi(file.path);
  CHECK(std::string(abi.name) == "test");
  CHECK(std::string(abi.precision) == kPrecision);
}

TEST_CASE("a plugin for another version is refused with both versions") {
  CHECK_THROWS_WITH_AS(cli::check_plugin_abi("libold.so", kOld),
                       doctest::Contains("it was built for Fovea 0.0.0; rebuild it"), Error);
}

TEST_CASE("a plugin with another layout of the headers is refused") {
  PluginAbi abi = cli::own_abi();
  CHECK_NOTHROW(cli::check_plugin_abi("libnew.so", abi));
  abi.layout ^= 1;
  CHECK_THROWS_WITH_AS(cli::check_plugin_abi("libnew.so", abi), doctest::Contains("headers with layout"), Error);
}

TEST_CASE("what is not a plugin library is refused with the reason") {
  CHECK(read_error("this is a text, not a library at all").find("not an ELF file") != std::string::npos);
  CHECK(read_error("").find("truncated") != std::string::npos);
  std::string program = library(kOld);
  program[offsetof(Elf64_Ehdr, e_type)] = ET_EXEC;
  CHECK(read_error(program).find("not a shared library") != std::string::npos);
  std::string untagged = library(kOld);
  untagged.replace(untagged.find(".fovea_abi"), 10, ".other_abi");
  CHECK(read_error(untagged).find("no Fovea tag") != std::string::npos);
  CHECK_THROWS_WITH_AS(cli::read_plugin_abi("/nonexistent.so"), doctest::Contains("there is no such file"), Error);
  CHECK_THROWS_WITH_AS(cli::read_plugin_abi("/tmp"), doctest::Contains("this is not a file"), Error);
}

TEST_CASE("a pipe, a link to itself and a name too long are refused as plugins, without waiting") {
  const File place("");
  std::filesystem::remove(place.path);
  REQUIRE(::mkfifo(place.path.c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS(cli::read_plugin_abi(place.path), doctest::Contains("this is not a file"), Error);
  std::filesystem::remove(place.path);
  std::filesystem::create_symlink(place.path, place.path);
  CHECK_THROWS_WITH_AS(cli::read_plugin_abi(place.path), doctest::Contains("it leads to itself"), Error);
  CHECK_THROWS_WITH_AS(cli::read_plugin_abi("/tmp/" + std::string(300, 'n')), doctest::Contains("give a shorter path"),
                       Error);
}

TEST_CASE("a plugin library cut at any byte is an error") {
  const std::string whole = library(kOld);
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(read_error(whole.substr(0, size)).empty());
}
