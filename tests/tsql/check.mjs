// Each statement of sql/ is T-SQL to the parser of datafusion-sqlparser-rs, and one statement unless it is a list of SETs.
import { readdirSync, readFileSync } from "node:fs";
import * as parser from "@guanmingchiu/sqlparser-ts";

if (parser.init) await parser.init();
const parses = (text) => {
  try {
    return parser.parse(text, "mssql").length;
  } catch (error) {
    return String(error.message ?? error);
  }
};
let bad = 0;
const say = (good, what) => {
  console.log(`${good ? "ok" : "not ok"} ${what}`);
  if (!good) bad++;
};
for (const file of readdirSync("sql").filter((name) => name.endsWith(".sql"))) {
  const text = readFileSync(`sql/${file}`, "utf8");
  if (/^DBCC TRACESTATUS\(17600, -1\) WITH NO_INFOMSGS\s*$/m.test(text)) continue; // this parser has no DBCC
  const count = parses(text);
  say(file === "session.sql" ? count > 1 : count === 1, `sql/${file}${count >= 1 ? "" : `: ${count}`}`);
}
// A parser that accepts anything would prove nothing.
for (const wrong of ["SELECT FROM WHERE", "SELECT CAST(x AS) FROM t", "EXEC", "USE [x"])
  say(typeof parses(wrong) === "string", `refused: ${wrong}`);
process.exit(bad ? 1 : 0);
