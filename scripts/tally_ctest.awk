# tally_ctest.awk - counts the cmocka tests inside the programs that ctest ran, from its LastTest.log. A program that
# says nothing of tests counts as one; one that failed without saying which (a crash, a time-out) as one that failed. Of
# one that was not built the log says "Test Passed." all the same.
/^[0-9]+\/[0-9]+ Test: / { p = 0; f = 0; s = 0; absent = 0 }
/^Command: ""/ { absent = 1 }
/^\[  PASSED  \] [0-9]+ test/ { p += $4 }
/^\[  FAILED  \] [0-9]+ test/ { f += $4 }
/^\[  SKIPPED \] [0-9]+ test/ { s += $4 }
/^Test Passed\./ { passed += absent ? 0 : (p + s > 0) ? p : 1; skipped += s; failed += absent }
/^Test Failed\./ { passed += p; skipped += s; failed += (f > 0) ? f : 1 }
END { print "tally:", passed + 0, failed + 0, skipped + 0 }
