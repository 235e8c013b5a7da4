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
equals "a rule once, however many instances answer it" 3.0 "$(results 'count(//x:Rule)')"
equals "pass is pass" pass "$(results "string(//x:TestResult[x:target='SQL01']/x:rule-result[contains(@idref,'V-271298')]/x:result)")"
equals "fail is fail" fail "$(results "string(//x:TestResult[x:target='SQL01']/x:rule-result[contains(@idref,'V-271310')]/x:result)")"
equals "not assessable is unknown, never a pass" unknown "$(results "string(//x:TestResult[x:target='<b>SQL02</b>']/x:rule-result[contains(@idref,'V-271298')]/x:result)")"
equals "what is not assessable is not counted" 2.0 "$(results "number(//x:TestResult[x:target='SQL01']/x:score/@maximum)")"
one="//x:TestResult[x:target='SQL01']"
equals "the time is the instance's" 2026-11-20T02:00:40Z "$(results "string($one/@end-time)")"
equals "the benchmark is this one" True "$(results "$one/x:benchmark/@id = /x:Benchmark/@id")"
equals "who asked, and with what rights" 'CORP\audit true true' "$(results "concat($one/x:identity, ' ', $one/x:identity/@authenticated, ' ', $one/x:identity/@privileged)")"
equals "who could not ask" 'linkaudit false false' "$(results "concat(//x:TestResult[2]/x:identity, ' ', //x:TestResult[2]/x:identity/@authenticated, ' ', //x:TestResult[2]/x:identity/@privileged)")"
equals "the address that answered" 10.0.0.7 "$(results "string($one/x:target-address)")"
equals "only that one" 1.0 "$(results "count($one/x:target-address)")"
equals "the target's facts" 'SQL01 16.0.4265.1 audited' "$(results "concat($one//x:fact[contains(@name,'host_name')], ' ', $one//x:fact[contains(@name,'server-version')], ' ', $one//x:fact[contains(@name,'status')])")"
equals "the guide's number stands with each result" 3.0 "$(results 'count(//x:rule-result[contains(@idref, x:ident)])')"
equals "whatever it is" "<x y> 'z' Ü" "$(results "string(//x:TestResult[2]/x:rule-result[2]/x:ident)")"
check "the page" "$linkaudit" render -o "$work/page.html" "$report"
about_rule=$(/usr/bin/python3 - "$work/page.html" <<'PY'
import sys
from lxml import etree
page = etree.parse(sys.argv[1], etree.HTMLParser())
print(page.xpath("count(//*[self::summary or self::tr][contains(., 'V-271310') and contains(., 'CAT I') and not(contains(., 'CAT II'))"
                 " and contains(., 'Only approved versions of TLS are accepted')])"))
PY
)
equals "says what each rule is about, and its category" 1.0 "$about_rule"
check "a whole estate's answers" "$linkaudit" render --reassess --format xccdf -o "$work/estate.xccdf.xml" tests/corpus/reports/estate.xml
check "OpenSCAP accepts them" oscap xccdf validate "$work/estate.xccdf.xml"
equals "and misses nothing that a benchmark should have" 0 "$(oscap xccdf validate "$work/estate.xccdf.xml" 2>&1 | grep Warning | grep -vc 'binding is preferred')"
finish
