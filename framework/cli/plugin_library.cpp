#include "framework/cli/plugin_library.h"

#include <dlfcn.h>
#include <elf.h>
#include <fmt/format.h>
#include <unistd.h>
#include <array>
#include <cstring>
#include <type_traits>
#include <vector>

#include "framework/cli/command.h"
#include "framework/cli/start.h"
#include "framework/files/atomic_file.h"
#include "framework/files/posix_file.h"

namespace fovea::cli {
namespace {

#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
#endif

[[noreturn]] void throw_not_a_plugin(const std::filesystem::path& path, const std::string& what) {
  throw Error(path.string(), "expected a Fovea plugin library; " + what +
                                 "; build it with fovea_add_plugin, which makes a file such as libmy_ideas.so.");
}

PosixFile open_library(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    throw Error(path.string(), "expected a Fovea plugin library; there is no such file; check the path after --plugin.");
  }
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw_not_a_plugin(path, "this is not a file");
  }
  return open_regular(path);
}

// Reads parts of a file that may hold anything: every range is checked against the size of the file.
class ElfFile {
 public:
  explicit ElfFile(const std::filesystem::path& path) : path_(path), file_(open_library(path)), size_(file_.size()) {}

  template <class T>
  T read(std::uint64_t offset) {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    require(offset, sizeof(T));
    const auto size =
        uninterrupted([&] { return ::pread(file_.descriptor(), &value, sizeof(T), static_cast<off_t>(offset)); });
    if (size != sizeof(T)) throw_not_a_plugin(path_, "it cannot be read");
    return value;
  }

  std::string text(std::uint64_t offset, std::size_t limit) {
    std::string result;
    for (std::size_t i = 0; i < limit; ++i) {
      const char c = read<char>(offset + i);
      if (c == '\0') break;
      result += c;
    }
    return result;
  }

 private:
  void require(std::uint64_t offset, std::uint64_t bytes) const {
    if (offset > size_ || bytes > size_ - offset) throw_not_a_plugin(path_, "the file is truncated or damaged");
  }

  std::filesystem::path path_;
  PosixFile file_;
  std::uint64_t size_;
};

std::string printable(const char* text, std::size_t size) {
  std::string result;
  for (std::size_t i = 0; i < size && text[i] != '\0'; ++i) result += text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
  return result;
}

}  // namespace

const PluginAbi& own_abi() {
  static const PluginAbi kOwn = FOVEA_ABI_VALUES("fovea", FOVEA_VERSION);
  return kOwn;
}

PluginAbi read_plugin_abi(const std::filesystem::path& path) {
  ElfFile file(path);
  const auto magic = file.read<std::array<unsigned char, 4>>(0);
  if (std::memcmp(magic.data(), ELFMAG, SELFMAG) != 0) throw_not_a_plugin(path, "this is not an ELF file");
  const auto header = file.read<Elf64_Ehdr>(0);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != kMachine) {
    throw_not_a_plugin(path, "this ELF file is for another machine");
  }
  if (header.e_type != ET_DYN) throw_not_a_plugin(path, "this ELF file is not a shared library");
  if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shstrndx >= header.e_shnum) {
    throw_not_a_plugin(path, "this ELF file has no table of sections");
  }
  const auto names = file.read<Elf64_Shdr>(header.e_shoff + std::uint64_t{header.e_shstrndx} * sizeof(Elf64_Shdr));
  for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
    const auto section = file.read<Elf64_Shdr>(header.e_shoff + i * sizeof(Elf64_Shdr));
    if (section.sh_type != SHT_PROGBITS || file.text(names.sh_offset + section.sh_name, 16) != kPluginSection) continue;
    const auto abi = file.read<PluginAbi>(section.sh_offset);
    if (std::memcmp(abi.magic, kPluginMagic, sizeof(kPluginMagic)) != 0) {
      throw_not_a_plugin(path, "its tag has a form that this version does not know");
    }
    return abi;
  }
  throw_not_a_plugin(path, "this shared library has no Fovea tag");
}

void check_plugin_abi(const std::filesystem::path& path, const PluginAbi& abi) {
  const PluginAbi& own = own_abi();
  const auto compare = [&](const char* what, const std::string& came, const std::string& expected) {
    if (came == expected) return;
    throw Error(path.string(), fmt::format("expected a plugin for {} {}; it was built for {} {}; rebuild it against this "
                                           "Fovea (version {}, {}).",
                                           what, expected, what, came, own.version, own.precision));
  };
  compare("Fovea", printable(abi.version, sizeof(abi.version)), own.version);
  compare("precision", printable(abi.precision, sizeof(abi.precision)), own.precision);
  compare("standard library", printable(abi.compiler, sizeof(abi.compiler)), own.compiler);
  compare("headers with layout", fmt::format("{:016x}", abi.layout), fmt::format("{:016x}", own.layout));
}

void add_plugins(ArgumentList& list, std::vector<std::string>& paths) {
  list.repeated("--plugin", paths, "a plugin library to load first; may be repeated");
}

namespace {

std::vector<InputFile>& libraries() {
  static std::vector<InputFile> loaded;
  return loaded;
}

}  // namespace

void load_plugins(std::span<const std::string> paths) {
  for (const std::string& path : paths) {
    check_plugin_abi(path, read_plugin_abi(path));
    std::error_code failure;
    const InputFile library{path, std::filesystem::absolute(path, failure), hash_of_file(path)};
    if (failure) throw_file_error(path, "read the name of the current directory", failure.value());
    const LoadingOf loading(path);
    // An absolute path: a name without a slash would be looked up in the folders of the system. The library is never closed,
    // because the registries hold functions of it.
    if (::dlopen(library.absolute.c_str(), RTLD_NOW | RTLD_LOCAL) == nullptr) {
      throw Error(path,
                  fmt::format("expected a library that can be loaded; {}; rebuild it against this Fovea.", ::dlerror()));
    }
    libraries().push_back(library);
  }
  Catalogue::instance().throw_kept_error();
}

const std::vector<InputFile>& loaded_libraries() { return libraries(); }

}  // namespace fovea::cli
