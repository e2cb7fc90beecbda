# Install and export: `find_package(fovea)` gives fovea::fovea, fovea::fovea_f64 and fovea_add_plugin().
include(CMakePackageConfigHelpers)
set(FOVEA_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/fovea)

install(TARGETS fovea fovea_program fovea_f64 fovea_f64_program EXPORT fovea_targets
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
# The conformance suite for plugins, where tests are built.
if(TARGET fovea_f64_conformance)
  install(TARGETS fovea_f64_conformance RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(EXPORT fovea_targets NAMESPACE fovea:: DESTINATION ${FOVEA_CMAKE_DIR})
foreach(folder framework modules tasks)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/fovea FILES_MATCHING PATTERN "*.h")
endforeach()

# Plugins are compiled for the same machine and with the same rules for floating-point numbers as Fovea.
get_target_property(FOVEA_CODE_OPTIONS fovea COMPILE_OPTIONS)
list(FILTER FOVEA_CODE_OPTIONS INCLUDE REGEX "^-(march=|ffp-contract=|fno-math-errno|fno-trapping-math|fopenmp-simd)")

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/fovea-config.cmake.in ${PROJECT_BINARY_DIR}/fovea-config.cmake
  INSTALL_DESTINATION ${FOVEA_CMAKE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/fovea-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/fovea-config.cmake ${PROJECT_BINARY_DIR}/fovea-config-version.cmake
  ${PROJECT_SOURCE_DIR}/cmake/fovea_add_plugin.cmake DESTINATION ${FOVEA_CMAKE_DIR})
