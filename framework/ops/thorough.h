#pragma once

namespace fovea {

/// True: what plugins give is checked fully, also where that costs time. So it is in debug builds, and under `fovea check`.
bool is_thorough();

/// Makes it true while it lives.
class Thorough {
 public:
  Thorough();
  ~Thorough();
  Thorough(const Thorough&) = delete;
  Thorough& operator=(const Thorough&) = delete;
};

}  // namespace fovea
