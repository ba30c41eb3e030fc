// Writes /vectors/claim_tree.json with the reference library: `node vectors.cjs`, or `node
// vectors.cjs --check`.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { StandardMerkleTree } = require("@openzeppelin/merkle-tree");

const target = path.join(__dirname, "..", "vectors", "claim_tree.json");
const encoding = ["uint256", "address", "address", "(uint8,address,uint96)[]"];
const domain = { chain_id: 412348, contract: `0x${"5e".repeat(20)}` };

// A small generator of its own, so that the vectors never change by themselves.
let seed = 20251120n;
function next() {
  seed = (seed * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n);
  return seed >> 16n;
}
function address() {
  const byte = () => Number(next() & 255n).toString(16).padStart(2, "0");
  return `0x${Array.from({ length: 20 }, byte).join("")}`;
}

const tokens = Array.from({ length: 8 }, address).sort();
const largest = (1n << 96n) - 1n;
function leaf(index) {
  const count = index === 0 ? 0 : 1 + (index % 8);
  const lines = tokens.slice(0, count).map((token) => ({
    kind: 1,
    token,
    cumulative: (index === 1 ? largest : next() * next() & largest).toString(),
  }));
  return { account: address(), lines };
}
function value({ account, lines }) {
  const tuples = lines.map((line) => [line.kind, line.token, line.cumulative]);
  return [domain.chain_id, domain.contract, account, tuples];
}

const trees = [1, 2, 3, 4, 5, 7, 8, 13, 33].map((size) => {
  const leaves = Array.from({ length: size }, (_, index) => leaf(index));
  const tree = StandardMerkleTree.of(leaves.map(value), encoding);
  return {
    root: tree.root,
    nodes: size <= 8 ? tree.dump().tree : undefined,
    leaves: leaves.map((each, index) => ({
      ...each,
      hash: tree.leafHash(value(each)),
      proof: tree.getProof(index),
    })),
  };
});

const file = { made_with: "@openzeppelin/merkle-tree 1.0.8", domain, trees };
const text = `${JSON.stringify(file, null, 1)}\n`;
if (process.argv.includes("--check")) {
  const same = fs.existsSync(target) && fs.readFileSync(target, "utf8") === text;
  const verdict = same ? "is what the library makes" : "is not what the library makes";
  console.log(`vectors/claim_tree.json ${verdict}`);
  process.exitCode = same ? 0 : 1;
} else {
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, text);
}
