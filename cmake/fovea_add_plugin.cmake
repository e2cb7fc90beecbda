# fovea_add_plugin(NAME SOURCE...): the plugin library libNAME.so for the program `fovea`, and its twin libNAME_f64.so for
# `fovea_f64`, from the same sources. Run it with `fovea run --plugin ./libNAME.so EXPERIMENT`.
function(fovea_add_plugin name)
  if(NOT ARGN)
    message(FATAL_ERROR "fovea_add_plugin(${name}): at least one source was expected; none came; name the .cpp files.")
  endif()
  string(LENGTH "${name}" length)
  if(length GREATER 63)
    message(FATAL_ERROR "fovea_add_plugin(${name}): a name of at most 63 characters was expected; ${length} came; shorten it.")
  endif()
  get_property(version GLOBAL PROPERTY FOVEA_VERSION)
  get_property(code_options GLOBAL PROPERTY FOVEA_CODE_OPTIONS)
  # Read by the program before it loads the library.
  set(tag ${CMAKE_CURRENT_BINARY_DIR}/${name}_abi.cpp)
  file(CONFIGURE OUTPUT ${tag} CONTENT "#include \"framework/plugin.h\"\nFOVEA_PLUGIN_ABI(\"${name}\", \"${version}\")\n")
  foreach(precision "" _f64)
    set(target ${name}${precision})
    add_library(${target} MODULE ${ARGN} ${tag})
    target_link_libraries(${target} PRIVATE fovea::fovea${precision})
    # Compiled like Fovea itself; a project that names no build type gets optimised code all the same.
    target_compile_options(${target} PRIVATE ${code_options} $<$<CONFIG:>:-O3>)
    set_target_properties(${target} PROPERTIES PREFIX lib OUTPUT_NAME ${target})
  endforeach()
endfunction()
