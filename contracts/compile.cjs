// Compiles the contracts into committed artefacts: `node compile.cjs` writes, `node compile.cjs
// --check` compares.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const solc = require("solc");

const home = __dirname;
const settings = (runs) => ({
  evmVersion: "prague",
  metadata: { appendCBOR: false, bytecodeHash: "none" },
  optimizer: { enabled: true, runs },
  viaIR: true,
});
// Directories of sources and of their artefacts, by what is compiled together. A pool's Governor is
// made small before its calls are made cheap: it goes onto a chain in one transaction, the Timelock
// in it, and the embedded chain takes 5,000,000 gas in one.
const builds = [
  {
    runs: 2000,
    groups: [
      { from: "src", to: "artifacts" },
      { from: "test/tokens", to: "artifacts/test" },
    ],
  },
  { runs: 200, groups: [{ from: "src/pool", to: "artifacts/pool" }] },
];

function sourcesOf(directory) {
  const names = fs.readdirSync(path.join(home, directory)).filter((name) => name.endsWith(".sol"));
  return names.sort().map((name) => `${directory}/${name}`);
}

function isPackage(name) {
  return name.startsWith("@") || name.startsWith("solady/");
}

// Source names are relative to this directory, so that nothing of the machine enters the output.
function read(name) {
  const at = isPackage(name) ? path.join("node_modules", name) : name;
  return { contents: fs.readFileSync(path.join(home, at), "utf8") };
}

function compile({ runs, groups }) {
  const names = groups.flatMap((group) => sourcesOf(group.from));
  const outputs = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"];
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(names.map((name) => [name, { content: read(name).contents }])),
    settings: { ...settings(runs), outputSelection: { "*": { "*": outputs } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read }));
  // 2394 warns of every use of transient storage; the guard that uses it clears it at the end of
  // the call. Warnings about packages are for their authors.
  const ours = (message) =>
    message.severity === "error" ||
    (message.errorCode !== "2394" && !isPackage(message.sourceLocation?.file ?? ""));
  const messages = (output.errors ?? []).filter(ours);
  for (const message of messages) console.error(message.formattedMessage);
  if (messages.length > 0) process.exit(1);
  const artefacts = [];
  for (const group of groups) {
    for (const source of sourcesOf(group.from)) {
      for (const [name, contract] of Object.entries(output.contracts[source])) {
        const artefact = {
          contract: name,
          source,
          compiler: solc.version(),
          settings: settings(runs),
          abi: contract.abi,
          bytecode: `0x${contract.evm.bytecode.object}`,
          runtimeBytecode: `0x${contract.evm.deployedBytecode.object}`,
        };
        // Abstract contracts have no code, and libraries that are compiled in have no functions.
        if (artefact.bytecode === "0x" || artefact.abi.length === 0) continue;
        const text = `${JSON.stringify(artefact, null, 1)}\n`;
        artefacts.push([`${group.to}/${name}.json`, text]);
      }
    }
  }
  return artefacts;
}

function present() {
  return builds.flatMap(({ groups }) => groups).flatMap(({ to }) => {
    const directory = path.join(home, to);
    if (!fs.existsSync(directory)) return [];
    const names = fs.readdirSync(directory).filter((name) => name.endsWith(".json"));
    return names.map((name) => `${to}/${name}`);
  });
}

function check(artefacts) {
  const stale = [...artefacts].filter(([name, text]) => {
    const at = path.join(home, name);
    return !fs.existsSync(at) || fs.readFileSync(at, "utf8") !== text;
  });
  const strange = present().filter((name) => !artefacts.has(name));
  const wrong = [...stale.map(([name]) => name), ...strange];
  for (const name of wrong) console.error(`contracts/${name} is not what the sources compile to`);
  if (wrong.length > 0) return 1;
  console.log(`${artefacts.size} artefacts are what the sources compile to`);
  return 0;
}

function write(artefacts) {
  for (const name of present()) fs.rmSync(path.join(home, name));
  for (const [name, text] of artefacts) {
    fs.mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
    fs.writeFileSync(path.join(home, name), text);
  }
  console.log(`${artefacts.size} artefacts written`);
  return 0;
}

const artefacts = new Map(builds.flatMap(compile));
process.exitCode = process.argv.includes("--check") ? check(artefacts) : write(artefacts);
