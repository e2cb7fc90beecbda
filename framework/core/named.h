#pragma once

#include <map>
#include <string>
#include <vector>

#include "framework/core/at.h"
#include "framework/core/error.h"

namespace fovea {

/// Things by name, of which `at` says what there is where a name is missing, and which line asked for it.
template <class T>
class Named : public std::map<std::string, T> {
 public:
  using std::map<std::string, T>::map;

  T& at(const std::string& name, At asked = At::here()) { return this->find_or_throw(*this, name, asked)->second; }
  const T& at(const std::string& name, At asked = At::here()) const {
    return this->find_or_throw(*this, name, asked)->second;
  }

 private:
  template <class Map>
  static auto find_or_throw(Map& map, const std::string& name, const At& asked) {
    const auto found = map.find(name);
    if (found != map.end()) return found;
    std::vector<std::string> known;
    for (const auto& [key, value] : map) known.push_back(key);
    throw Error(asked.text(), unknown_name(name, known));
  }
};

}  // namespace fovea
