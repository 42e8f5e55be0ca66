"""tally_pytest.py REPORT.xml - counts the tests of a pytest run from its JUnit report."""

import sys
import xml.etree.ElementTree

try:
    suite = xml.etree.ElementTree.parse(sys.argv[1]).getroot().find("testsuite")
    total, failed, errors, skipped = (int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped"))
except (OSError, AttributeError, TypeError, xml.etree.ElementTree.ParseError):
    total, failed, errors, skipped = 1, 1, 0, 0  # it did not come to writing a report
print("tally:", total - failed - errors - skipped, failed + errors, skipped)
