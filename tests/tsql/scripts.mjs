// Each batch of the scripts given as arguments, and each statement in them that stands commented out, is T-SQL to the
// parser of datafusion-sqlparser-rs, as it is when "-- " is taken away in front of it; and no name that contains EVIL
// stands outside of strings and quoted names.
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
// What is left without comments, strings and quoted names: what the server would take for statements.
const code = (text) => text.replace(/--[^\n]*|N?'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]/g, " ");
let statements = 0;
for (const path of process.argv.slice(2)) {
  const text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  // As sqlcmd reads: lines end at any line end, GO (with a count) ends a batch wherever it stands, : and !! are commands.
  const lines = text.split(/\r\n|[\n\r\u0085\u2028\u2029]/);
  if (lines.join("\n") !== text || text.includes("$(") || lines.some((line) => /^\s*(:|!!)/.test(line))) {
    console.log(`not ok ${path}: a line end, a variable or a command of sqlcmd`);
    bad++;
  }
  lines.join("\n").split(/^\s*GO(?:\s+\d+)?\s*$/im).forEach((batch, i) => {
    if (batch.trim()) check(`${path} batch ${i + 1}`, batch);
    if (/EVIL|['"[\]]/i.test(code(batch))) {
      console.log(`not ok ${path} batch ${i + 1}: a name stands outside of strings:\n${code(batch)}`);
      bad++;
    }
  });
  for (let i = 0; i < lines.length; i++) {
    if (/^--.*: (?:EXEC|REVOKE|ALTER|DECLARE|IF) .*;$/.test(lines[i].replace(/N?'(?:[^']|'')*'/g, "''"))) {
      console.log(`not ok ${path}: words and a statement share a line: ${lines[i]}`);
      bad++;
    }
    if (!/^-- (?:EXEC|REVOKE|ALTER|DECLARE|IF) /.test(lines[i])) continue;
    // A statement of several lines ends with the line behind ELSE.
    const first = i;
    if (!lines[i].endsWith(";")) while (i < lines.length - 1 && lines[i++] !== "-- ELSE");
    const statement = lines.slice(first, i + 1).map((line) => line.replace(/^-- /, "")).join("\n");
    // This parser has no RECONFIGURE and no permissions of the server.
    if (/^REVOKE (?:ALTER ANY LINKED|CONTROL) SERVER |^ALTER SERVER ROLE /.test(statement)) continue;
    statements++;
    check(`${path} commented: ${statement.slice(0, 60)}`, statement.replaceAll(" RECONFIGURE;", ""));
  }
}
if (!statements) {
  console.log("not ok: no statement stands commented out");
  bad++;
}
process.exit(bad ? 1 : 0);
