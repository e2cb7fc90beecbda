# Joins the scripts and styles of the page of reports into one C++ source, as texts:
#   cmake -DPAGE=framework/report/page -DOUT=... -P fovea_page.cmake
# fovea.js and tools.js come first, start.js last, all others between them by their names.
file(GLOB scripts ${PAGE}/*.js)
file(GLOB styles ${PAGE}/*.css)
list(SORT scripts)
list(SORT styles)
list(REMOVE_ITEM scripts ${PAGE}/fovea.js ${PAGE}/tools.js ${PAGE}/start.js)
list(PREPEND scripts ${PAGE}/fovea.js ${PAGE}/tools.js)
list(APPEND scripts ${PAGE}/start.js)

# A literal for each file, as a compiler may refuse very long ones.
function(add_text name)
  file(APPEND ${OUT}.new "const std::string_view ${name} =\n")
  foreach(file IN LISTS ARGN)
    file(READ ${file} text)
    file(APPEND ${OUT}.new "R\"fovea(${text})fovea\"\n")
  endforeach()
  file(APPEND ${OUT}.new ";\n")
endfunction()

file(WRITE ${OUT}.new "#include \"framework/report/page_text.h\"\n\nnamespace fovea {\n")
add_text(kPageScript ${scripts})
add_text(kPageStyle ${styles})
file(APPEND ${OUT}.new "}  // namespace fovea\n")
file(RENAME ${OUT}.new ${OUT})
