#!/bin/bash
# The statements of sql/ before a T-SQL parser that others wrote (npm, as the browser's tests), and the redaction of the
# signed procedure as it stands in its script, with secrets planted.
set -euo pipefail
cd "$(dirname "$0")/../.."
/usr/bin/python3 tests/tsql/procedure.py sql/setup/provider-strings-procedure.sql
exec node tests/tsql/check.mjs
