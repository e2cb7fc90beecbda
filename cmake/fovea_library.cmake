# One shared library from all folders of plugins and the framework. Its sources go in whole, so that no registration is
# dropped by the linker; a new file is found by its folder alone.
file(GLOB_RECURSE FOVEA_SOURCES CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/framework/*.cpp
  ${PROJECT_SOURCE_DIR}/modules/*.cpp
  ${PROJECT_SOURCE_DIR}/tasks/*.cpp
  ${PROJECT_SOURCE_DIR}/experiments/*.cpp)
set(FOVEA_MAIN ${PROJECT_SOURCE_DIR}/framework/cli/main.cpp)
list(REMOVE_ITEM FOVEA_SOURCES ${FOVEA_MAIN})
# What runs a few times in a run, and never inside of a step, is compiled with -O1: it takes half the time.
set(FOVEA_RARE_SOURCES ${FOVEA_SOURCES})
list(FILTER FOVEA_RARE_SOURCES INCLUDE REGEX
  "^${PROJECT_SOURCE_DIR}/(experiments|tasks|framework/(cli|exchange|graph|report|results|runs|serve|statistics|train|trained))/")
list(FILTER FOVEA_RARE_SOURCES EXCLUDE REGEX
  "/(execution|frame|loop|loop_ops|run_frame|draws|gradients|health|parameter_store|shards|training)\\.cpp$")
list(REMOVE_ITEM FOVEA_SOURCES ${FOVEA_RARE_SOURCES})

# The headers of the standard library that nearly every source includes, parsed once.
set(FOVEA_PRECOMPILED <algorithm> <array> <bit> <charconv> <cmath> <cstdint> <cstring> <filesystem> <fstream> <functional>
  <limits> <map> <memory> <numeric> <optional> <set> <span> <sstream> <string> <string_view> <utility> <variant> <vector>)

# What results say of the program: the commit at the time of the build, and the libraries.
add_custom_target(fovea_commit
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DOUT=${PROJECT_BINARY_DIR}/generated/fovea_commit.h
    -P ${PROJECT_SOURCE_DIR}/cmake/fovea_commit.cmake
  BYPRODUCTS ${PROJECT_BINARY_DIR}/generated/fovea_commit.h
  COMMENT "Asking git for the commit" VERBATIM)

# The page of reports as text in the library.
set(FOVEA_PAGE ${PROJECT_BINARY_DIR}/generated/report_page.cpp)
file(GLOB FOVEA_PAGE_FILES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/framework/report/page/*)
add_custom_command(OUTPUT ${FOVEA_PAGE}
  COMMAND ${CMAKE_COMMAND} -DPAGE=${PROJECT_SOURCE_DIR}/framework/report/page -DOUT=${FOVEA_PAGE}
    -P ${PROJECT_SOURCE_DIR}/cmake/fovea_page.cmake
  DEPENDS ${FOVEA_PAGE_FILES} ${PROJECT_SOURCE_DIR}/cmake/fovea_page.cmake VERBATIM)
add_custom_target(fovea_page DEPENDS ${FOVEA_PAGE})

# hnswlib prefetches what lies behind the end of a list, which AddressSanitizer takes for a read, and copies nothing to null.
if(FOVEA_SANITIZE)
  set_source_files_properties(${PROJECT_SOURCE_DIR}/modules/slot_indexes/hnsw.cpp PROPERTIES
    COMPILE_DEFINITIONS NO_MANUAL_VECTORIZATION COMPILE_OPTIONS -fno-sanitize=nonnull-attribute)
endif()

# The version, in the sources that tell it.
set(FOVEA_VERSION_DEFINITION "FOVEA_VERSION=\"${PROJECT_VERSION}\"")
set_source_files_properties(${PROJECT_SOURCE_DIR}/framework/train/provenance.cpp PROPERTIES
  INCLUDE_DIRECTORIES ${PROJECT_BINARY_DIR}/generated
  COMPILE_DEFINITIONS "${FOVEA_VERSION_DEFINITION};FOVEA_FLAGS=\"-march=${FOVEA_ARCH} ${CMAKE_BUILD_TYPE}\";FOVEA_LIBRARIES=\"${FOVEA_LIBRARIES}\"")
set_source_files_properties(${PROJECT_SOURCE_DIR}/framework/cli/cli.cpp ${PROJECT_SOURCE_DIR}/framework/cli/plugin_library.cpp
  ${PROJECT_SOURCE_DIR}/framework/cli/report_request.cpp PROPERTIES COMPILE_DEFINITIONS ${FOVEA_VERSION_DEFINITION})

# -Wrestrict, -Wstringop-overflow and -Warray-bounds of g++ 12 are wrong about std::string (GCC bug 105651).
set(FOVEA_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow> -Wno-array-bounds)

# Options that every translation unit of the project is compiled with.
function(fovea_compile_options target)
  # -ffp-contract=off: a product and a sum are fused only where a kernel says so, so that code paths agree to the bit.
  # -fno-math-errno, -fno-trapping-math: allow loops over sqrt and comparisons to be vectorised; values do not change.
  target_compile_options(${target} PRIVATE ${FOVEA_WARNINGS} -march=${FOVEA_ARCH} -ffp-contract=off -fno-math-errno
    -fno-trapping-math -fopenmp-simd -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
  if(FOVEA_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(FOVEA_SANITIZE STREQUAL "thread")
    # The headers of oneTBB are left out, as its library cannot be looked into; framework/cpu/thread_sanitizer.h says the rest.
    target_compile_options(${target} PRIVATE -fsanitize=thread -fsanitize-ignorelist=${PROJECT_SOURCE_DIR}/cmake/thread_sanitizer.txt)
    target_link_options(${target} PRIVATE -fsanitize=thread)
  elseif(FOVEA_SANITIZE)
    # With sanitizers g++ 12 takes std::regex and boost::optional for uninitialised; builds without them keep that warning.
    target_compile_options(${target} PRIVATE -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
      -Wno-uninitialized -Wno-maybe-uninitialized)
    target_link_options(${target} PRIVATE -fsanitize=address,undefined)
  endif()
  target_compile_definitions(${target} PRIVATE $<$<CONFIG:Debug>:FOVEA_DEBUG>)
endfunction()

# The libraries that sources are compiled with, and the headers that are parsed once.
function(fovea_sources target precision)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/fovea>)
  if(precision)
    target_compile_definitions(${target} PUBLIC ${precision})
  endif()
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_link_libraries(${target} PRIVATE fovea_third_party)
  fovea_compile_options(${target})
  target_precompile_headers(${target} PRIVATE ${FOVEA_PRECOMPILED})
  add_dependencies(${target} fovea_commit fovea_page)
endfunction()

# fovea_add_library(NAME PRECISION_DEFINITION): the library NAME and the program of the same name.
function(fovea_add_library name precision)
  add_library(${name}_rare OBJECT ${FOVEA_RARE_SOURCES})
  fovea_sources(${name}_rare "${precision}")
  target_compile_options(${name}_rare PRIVATE $<$<CONFIG:Release>:-O1>)

  add_library(${name} SHARED ${FOVEA_SOURCES} ${FOVEA_PAGE} $<TARGET_OBJECTS:${name}_rare>)
  add_library(fovea::${name} ALIAS ${name})
  fovea_sources(${name} "${precision}")
  set_target_properties(${name} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

  add_executable(${name}_program ${FOVEA_MAIN})
  set_target_properties(${name}_program PROPERTIES OUTPUT_NAME ${name} INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  target_link_libraries(${name}_program PRIVATE ${name})
  fovea_compile_options(${name}_program)
endfunction()
