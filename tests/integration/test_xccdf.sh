#!/bin/bash
# The compliance answers as XCCDF 1.2: what OpenSCAP, a party of its own, says of the file.
. "$(dirname "$0")/lib.sh"
report=tests/corpus/reports/answers.xml
check "the sample is a report" xmllint --noout --schema reports/report.xsd "$report"
check "render --format xccdf" "$linkaudit" render --format xccdf -o "$work/results.xml" "$report"
check "OpenSCAP accepts it" oscap xccdf validate "$work/results.xml"
results() {
    /usr/bin/python3 - "$work/results.xml" "$1" <<'PY'
import sys
from lxml import etree
print(etree.parse(sys.argv[1]).xpath(sys.argv[2], namespaces={"x": "http://checklists.nist.gov/xccdf/1.2"}))
PY
}
equals "a test result for each instance" 2.0 "$(results 'count(//x:TestResult)')"
equals "a rule once, however many instances answer it" 2.0 "$(results 'count(//x:Rule)')"
equals "pass is pass" pass "$(results "string(//x:TestResult[x:target='SQL01']/x:rule-result[contains(@idref,'V-271298')]/x:result)")"
equals "fail is fail" fail "$(results "string(//x:TestResult[x:target='SQL01']/x:rule-result[contains(@idref,'V-271310')]/x:result)")"
equals "not assessable is unknown, never a pass" unknown "$(results "string(//x:TestResult[x:target='<b>SQL02</b>']/x:rule-result[contains(@idref,'V-271298')]/x:result)")"
equals "what is not assessable is not counted" 2.0 "$(results "number(//x:TestResult[x:target='SQL01']/x:score/@maximum)")"
finish
