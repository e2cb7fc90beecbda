#pragma once

#include <map>
#include <source_location>
#include <string>
#include <vector>

#include "framework/core/error.h"

namespace fovea {

/// Things by name, of which `at` says what there is where a name is missing, and which line asked for it.
template <class T>
class Named : public std::map<std::string, T> {
 public:
  using std::map<std::string, T>::map;

  T& at(const std::string& name, const std::source_location& asked = std::source_location::current()) {
    return this->find_or_throw(*this, name, asked)->second;
  }
  const T& at(const std::string& name, const std::source_location& asked = std::source_location::current()) const {
    return this->find_or_throw(*this, name, asked)->second;
  }

 private:
  template <class Map>
  static auto find_or_throw(Map& map, const std::string& name, const std::source_location& asked) {
    const auto found = map.find(name);
    if (found != map.end()) return found;
    std::vector<std::string> known;
    for (const auto& [key, value] : map) known.push_back(key);
    throw Error(std::string(asked.file_name()) + ":" + std::to_string(asked.line()), unknown_name(name, known));
  }
};

}  // namespace fovea
