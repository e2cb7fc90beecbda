# Writes the macro FOVEA_COMMIT into the header OUT, and only where it changes, so that a commit compiles one source anew.
# Run at every build:   cmake -DSOURCE=... -DOUT=... -P fovea_commit.cmake
# The text is the commit of a clean tree; where compiled files differ from it, "-dirty." follows with a hash of the
# difference; "unknown" where SOURCE is not the top of a git checkout.
set(commit unknown)
set(compiled CMakeLists.txt cmake third_party framework modules tasks experiments)

function(run_git out)
  execute_process(COMMAND ${GIT} ${ARGN} WORKING_DIRECTORY ${SOURCE} RESULT_VARIABLE code OUTPUT_VARIABLE text
    ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT code EQUAL 0)
    set(text "")
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

find_program(GIT git)
if(GIT)
  run_git(top rev-parse --show-toplevel)
  file(REAL_PATH "${SOURCE}" source)
  if(top STREQUAL source)
    run_git(commit rev-parse HEAD)
    run_git(difference diff --no-ext-diff --binary HEAD -- ${compiled})
    run_git(untracked ls-files --others --exclude-standard -- ${compiled})
    string(REPLACE "\n" ";" untracked "${untracked}")
    foreach(file IN LISTS untracked)
      file(SHA1 "${SOURCE}/${file}" hash)
      string(APPEND difference "${file} ${hash}\n")
    endforeach()
    if(commit STREQUAL "")
      set(commit unknown)
    elseif(NOT difference STREQUAL "")
      string(SHA1 hash "${difference}")
      string(SUBSTRING ${hash} 0 8 hash)
      string(APPEND commit "-dirty.${hash}")
    endif()
  endif()
endif()

file(CONFIGURE OUTPUT "${OUT}" CONTENT "#pragma once\n\n#define FOVEA_COMMIT \"${commit}\"\n" @ONLY)
