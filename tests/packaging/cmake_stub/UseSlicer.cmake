# Slicer's macro of the same name, as far as it looks at the extension: keywords, files, what is left out.
macro(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MODULE "WITH_GENERIC_TESTS;WITH_SUBDIR;VERBOSE" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  if(MODULE_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "slicerMacroBuildScriptedModule knows no ${MODULE_UNPARSED_ARGUMENTS}")
  endif()

  set(packaged)
  foreach(script ${MODULE_SCRIPTS})
    if(NOT script MATCHES "\\.py$") # Slicer takes scripts without their ending too
      set(script "${script}.py")
    endif()
    list(APPEND packaged ${script})
  endforeach()
  list(APPEND packaged ${MODULE_RESOURCES})
  foreach(file ${packaged})
    if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
      message(FATAL_ERROR "${MODULE_NAME} lists ${file}, which does not exist")
    endif()
    get_filename_component(folder "${file}" DIRECTORY)
    install(
      FILES "${CMAKE_CURRENT_SOURCE_DIR}/${file}"
      DESTINATION "${Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR}/${folder}"
      )
  endforeach()

  file(GLOB_RECURSE present RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" "*.py" "*.ui" "*.png" "*.svg" "*.json")
  list(FILTER present EXCLUDE REGEX "^Testing/")
  foreach(file ${present})
    if(NOT file IN_LIST packaged)
      message(FATAL_ERROR "${MODULE_NAME} does not list ${file}, which would not be packaged")
    endif()
  endforeach()
endmacro()

# Slicer's macro of the same name registers the tests of a script; here it only tells of them.
macro(slicer_add_python_unittest)
  cmake_parse_arguments(UNITTEST "" "SCRIPT;TESTNAME_PREFIX" "SLICER_ARGS" ${ARGN})
  if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${UNITTEST_SCRIPT}")
    message(FATAL_ERROR "${UNITTEST_SCRIPT}, which is to be tested, is not there")
  endif()
  message(STATUS "Tests of ${UNITTEST_SCRIPT} are registered")
endmacro()
