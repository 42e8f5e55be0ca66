"""tally_pytest.py REPORT.xml - counts the tests of a run of pytest or vitest from its JUnit report."""

import sys
import xml.etree.ElementTree

try:
    suites = xml.etree.ElementTree.parse(sys.argv[1]).getroot().findall("testsuite")
    total, failed, errors, skipped = (
        sum(int(suite.get(name)) for suite in suites) for name in ("tests", "failures", "errors", "skipped"))
    if not suites:
        total, failed = 1, 1
except (OSError, TypeError, xml.etree.ElementTree.ParseError):
    total, failed, errors, skipped = 1, 1, 0, 0  # it did not come to writing a report
print("tally:", total - failed - errors - skipped, failed + errors, skipped)
