# mutate.cmake - writes a copy of SOURCE with the changes that the mutant file MUTANT makes to the file NAME, to OUTPUT.
#
# A mutant file says in its first lines what is wrong with the code it makes. Then, for each file, a line "file NAME" and
# blocks of what stands there and what stands there instead:
#     <<<<
#     old
#     ====
#     new
#     >>>>
# An old text that is not in the file exactly once ends the build: the code has changed, and the mutant must follow.
file(READ "${MUTANT}" mutant)
file(READ "${SOURCE}" code)

string(FIND "${mutant}" "\nfile ${NAME}\n" start)
if(start EQUAL -1)
  message(FATAL_ERROR "${MUTANT} changes no file ${NAME}")
endif()
string(SUBSTRING "${mutant}" ${start} -1 section)
string(SUBSTRING "${section}" 1 -1 section)
string(FIND "${section}" "\nfile " end)
string(SUBSTRING "${section}" 0 ${end} section)

string(FIND "${section}" "<<<<\n" start)
while(NOT start EQUAL -1)
  math(EXPR start "${start} + 5")
  string(SUBSTRING "${section}" ${start} -1 section)
  string(FIND "${section}" "====\n" middle)
  string(FIND "${section}" ">>>>" end)
  math(EXPR new_start "${middle} + 5")
  math(EXPR length "${end} - ${new_start}")
  string(SUBSTRING "${section}" 0 ${middle} old)
  string(SUBSTRING "${section}" ${new_start} ${length} new)
  string(SUBSTRING "${section}" ${end} -1 section)
  # A text that is not a whole number of lines ends inside its last one.
  string(REGEX REPLACE "\n$" "" old "${old}")
  string(REGEX REPLACE "\n$" "" new "${new}")

  string(FIND "${code}" "${old}" first)
  string(FIND "${code}" "${old}" last REVERSE)
  if(first EQUAL -1 OR NOT first EQUAL last)
    message(FATAL_ERROR "The mutant ${MUTANT} no longer fits ${NAME}: this must stand there exactly once:\n${old}\n"
      "Change the mutant so that it makes the same mistake in the new code, or remove it when that mistake is no longer possible.")
  endif()
  string(REPLACE "${old}" "${new}" code "${code}")
  string(FIND "${section}" "<<<<\n" start)
endwhile()
file(WRITE "${OUTPUT}" "${code}")
