# cmake -D OUTPUT=folder -D NPM=path/npm -P build.cmake
# Makes the page in a folder, and folder.stamp when that is done. Without NPM, or where npm cannot do it (no network, a
# Node older than 18), the folder gets the plain page; in the latter case the next build tries again.

set(WEB ${CMAKE_CURRENT_LIST_DIR})

function(run_npm)
  execute_process(COMMAND ${NPM} ${ARGN} WORKING_DIRECTORY ${WEB} RESULT_VARIABLE result OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    string(JOIN " " command npm ${ARGN})
    set(FAILURE "${command}:\n${output}" PARENT_SCOPE)
  endif()
endfunction()

# The packages are installed once for all builds of this source folder.
function(install_packages)
  file(LOCK ${WEB}/.install.lock GUARD FUNCTION TIMEOUT 600)
  execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files package-lock.json node_modules/.installed
    WORKING_DIRECTORY ${WEB} RESULT_VARIABLE differs OUTPUT_QUIET ERROR_QUIET)
  if(differs EQUAL 0)
    return()
  endif()
  run_npm(ci --prefer-offline --fetch-retries=1 --fetch-retry-mintimeout=1000)
  if(NOT FAILURE)
    configure_file(${WEB}/package-lock.json ${WEB}/node_modules/.installed COPYONLY)
  endif()
  set(FAILURE "${FAILURE}" PARENT_SCOPE)
endfunction()

set(FAILURE "")
if(NPM)
  install_packages()
  if(NOT FAILURE)
    run_npm(run build -- --outDir ${OUTPUT} --logLevel warn)
  endif()
endif()
if(NOT NPM OR FAILURE)
  file(REMOVE_RECURSE ${OUTPUT} ${OUTPUT}.stamp)
  file(COPY ${WEB}/plain/ ${WEB}/public/ DESTINATION ${OUTPUT})
endif()
if(FAILURE)
  message("${FAILURE}\nThe page could not be built, so the plain page takes its place.")
else()
  file(TOUCH ${OUTPUT}.stamp)
endif()
