// A plugin library of which an initialiser throws: no program can catch what comes out of the loader.
#include <stdexcept>

namespace {

struct Table {
  Table() { throw std::runtime_error("no table\nof this size"); }
} const table;

}  // namespace
