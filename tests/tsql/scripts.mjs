// Each batch of the scripts given as arguments, and each statement in them that stands commented out, is T-SQL to the
// parser of datafusion-sqlparser-rs.
import { readFileSync } from "node:fs";
import * as parser from "@guanmingchiu/sqlparser-ts";

if (parser.init) await parser.init();
let bad = 0;
const check = (what, text) => {
  try {
    parser.parse(text, "mssql");
    console.log(`ok ${what}`);
  } catch (error) {
    console.log(`not ok ${what}: ${error.message ?? error}\n${text}`);
    bad++;
  }
};
let statements = 0;
for (const path of process.argv.slice(2)) {
  const text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  text.split(/^GO$/m).forEach((batch, i) => batch.trim() && check(`${path} batch ${i + 1}`, batch));
  for (const line of text.split("\n")) {
    const commented = line.match(/^-- (?:[A-Z][^:]*: )?((?:EXEC|REVOKE|ALTER) .*;)$/);
    // This parser has no RECONFIGURE and no permissions of the server.
    if (!commented || /^REVOKE ALTER ANY LINKED SERVER |^ALTER SERVER ROLE /.test(commented[1])) continue;
    statements++;
    check(`${path} commented: ${commented[1].slice(0, 60)}`, commented[1].replaceAll(" RECONFIGURE;", ""));
  }
}
if (!statements) {
  console.log("not ok: no statement stands commented out");
  bad++;
}
process.exit(bad ? 1 : 0);
