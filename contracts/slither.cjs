// What slither finds, against what `AUDIT.md` has answered: `node slither.cjs` writes findings.txt,
// `node slither.cjs --check` compares. Needs `slither` on the path; forge is this folder's.
"use strict";
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { spawnSync } = require("node:child_process");

const target = path.join(__dirname, "findings.txt");
const WORDS = [".", "--filter-paths", "node_modules|test", "--fail-none"];

function found() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "headwater-slither-"));
  try {
    const report = path.join(folder, "report.json");
    const bin = path.join(__dirname, "node_modules", ".bin");
    const env = { ...process.env, PATH: [bin, process.env.PATH].join(path.delimiter) };
    const ran = spawnSync("slither", [...WORDS, "--json", report], {
      cwd: __dirname, env, encoding: "utf8",
    });
    if (ran.error) throw new Error(`cannot start slither: ${ran.error.message}`);
    if (!fs.existsSync(report)) throw new Error(`slither has made no report\n${ran.stderr}`);
    const { success, error, results } = JSON.parse(fs.readFileSync(report, "utf8"));
    if (!success) throw new Error(`slither has failed: ${error}`);
    return results.detectors ?? [];
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

// Contract, function and variable of what a finding is about first; lines of files would change with
// every edit.
function place({ name, type_specific_fields: fields }) {
  const parent = fields?.parent;
  return parent && parent.type !== "file" ? `${place(parent)}.${name}` : name;
}

function text() {
  const lines = found().map(({ check, elements }) => `${check} ${place(elements[0])}`);
  return `${[...new Set(lines)].sort().join("\n")}\n`;
}

function check(now) {
  const answered = new Set(fs.readFileSync(target, "utf8").split("\n"));
  const lines = new Set(now.split("\n"));
  const strange = [...lines].filter((line) => !answered.has(line));
  const gone = [...answered].filter((line) => !lines.has(line));
  for (const line of strange) console.error(`new: ${line}`);
  for (const line of gone) console.error(`no longer found: ${line}`);
  if (strange.length + gone.length > 0) {
    console.error("answer it in AUDIT.md, and run `node slither.cjs`");
    return 1;
  }
  console.log(`${lines.size - 1} findings, each answered`);
  return 0;
}

const now = text();
if (process.argv.includes("--check")) {
  process.exitCode = check(now);
} else {
  fs.writeFileSync(target, now);
  console.log(`${now.split("\n").length - 1} findings written`);
}
