#pragma once

namespace fovea {

/// An optional half of a plugin: null where its class does not derive from `Half`. What every row needs is looked up
/// once, when a plan is made.
template <class Half, class Base>
const Half* half_of(const Base& plugin) {
  return dynamic_cast<const Half*>(&plugin);
}

template <class Half, class Base>
Half* half_of(Base& plugin) {
  return dynamic_cast<Half*>(&plugin);
}

}  // namespace fovea
