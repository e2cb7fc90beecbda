#pragma once

#include <string_view>

namespace fovea {

/// The files of framework/report/page, joined by the build (cmake/fovea_page.cmake).
extern const std::string_view kPageScript;
extern const std::string_view kPageStyle;

}  // namespace fovea
