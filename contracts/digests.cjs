// Writes /vectors/settlement.json with reference libraries: the leaves of every kind and the
// EIP-712 digests. `node digests.cjs`, or `node digests.cjs --check`.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { StandardMerkleTree } = require("@openzeppelin/merkle-tree");
const { AbiCoder, SigningKey, TypedDataEncoder, computeAddress, keccak256 } = require("ethers");

const target = path.join(__dirname, "..", "vectors", "settlement.json");
const chain_id = 412348;
const settlement = `0x${"5e".repeat(20)}`;
const escrow = `0x${"e5".repeat(20)}`;
const registry = `0x${"4e".repeat(20)}`;
const token = `0x${"70".repeat(20)}`;
const log_id = keccak256("0x10");
const secret = `0x${"11".repeat(32)}`;
const signer = computeAddress(secret);
const other = `0x${"b0".repeat(20)}`;
const word = (byte) => `0x${byte.repeat(32)}`;
const largest = ((1n << 96n) - 1n).toString();

const coder = AbiCoder.defaultAbiCoder();
const twice = (types, values) => keccak256(keccak256(coder.encode(types, values)));

// Leaves of accounts with lines of every kind, in trees of the reference library.
const kinds = ["uint256", "address", "address", "(uint8,address,uint96)[]"];
const accounts = [
  [],
  [[1, token, "1"]],
  [[1, token, largest], [2, token, "5"], [3, settlement, "7"]],
  [[1, escrow, "10"], [1, token, "20"], [2, escrow, "0"], [2, token, largest]],
  Array.from({ length: 8 }, (_, at) => [1 + (at >> 1), at % 2 ? token : escrow, `${at}000`]),
].map((lines, at) => ({ account: `0x${(at + 1).toString(16).repeat(40)}`, lines }));
const rows = accounts.map(({ account, lines }) => [chain_id, settlement, account, lines]);
const tree = StandardMerkleTree.of(rows, kinds);
const leaves = accounts.map(({ account, lines }, at) => ({
  account,
  lines: lines.map(([kind, of, cumulative]) => ({ kind, token: of, cumulative })),
  hash: tree.leafHash(rows[at]),
  proof: tree.getProof(at),
}));

const debits = [["1", "1"], ["42", "1000000"], [((1n << 64n) - 1n).toString(), largest]].map(
  ([id, cumulative]) => ({
    id,
    cumulative,
    hash: twice(["uint256", "address", "uint64", "uint96"], [chain_id, escrow, id, cumulative]),
  }),
);
const assets = [0, 500, 10000].map((royalty_bps) => ({
  owner: signer,
  manifest: word("a5"),
  royalty_bps,
  hash: twice(
    ["uint256", "address", "address", "bytes32", "uint16"],
    [chain_id, registry, signer, word("a5"), royalty_bps],
  ),
}));

function signed(name, domain, types, message) {
  const digest = TypedDataEncoder.hash(domain, types, message);
  const signature = new SigningKey(secret).sign(digest).serialized;
  return { name, message, digest, signature };
}
const fields = (text) =>
  text.split(",").map((field) => ({ type: field.split(" ")[0], name: field.split(" ")[1] }));
const onChain = (name, verifyingContract) => ({
  name, version: "1", chainId: chain_id, verifyingContract,
});
const digests = [
  signed(
    "Statement",
    { name: "Headwater operator", version: "1", salt: log_id },
    {
      Statement: fields(
        "uint64 epoch,bytes32 root,bytes32 checkpointRoot,uint64 logSize,uint64 logTimeMs," +
          "bytes32 dataHash",
      ),
    },
    {
      epoch: "7",
      root: tree.root,
      checkpointRoot: word("c4"),
      logSize: "123456",
      logTimeMs: "1800000000123",
      dataHash: word("da"),
    },
  ),
  signed(
    "ClaimTo",
    onChain("Headwater Settlement", settlement),
    { ClaimTo: fields("address account,address to,uint64 epoch,uint256 deadline") },
    { account: signer, to: other, epoch: "7", deadline: "1800003600" },
  ),
  signed(
    "Voucher",
    onChain("Headwater Escrow", escrow),
    { Voucher: fields("address payer,address token,address key,uint96 cumulative") },
    { payer: signer, token, key: signer, cumulative: largest },
  ),
  signed(
    "SpendKey",
    onChain("Headwater Escrow", escrow),
    { SpendKey: fields("address payer,address token,address key,uint96 cap,uint64 expiresAt") },
    { payer: signer, token, key: other, cap: "300", expiresAt: "1800086400" },
  ),
];

const file = {
  made_with: "@openzeppelin/merkle-tree 1.0.8, ethers 6.17.0",
  domain: { chain_id, settlement, escrow, registry, log_id },
  signer,
  root: tree.root,
  leaves,
  debits,
  assets,
  digests,
};
const text = `${JSON.stringify(file, null, 1)}\n`;
if (process.argv.includes("--check")) {
  const same = fs.existsSync(target) && fs.readFileSync(target, "utf8") === text;
  const verdict = same ? "is what the libraries make" : "is not what the libraries make";
  console[same ? "log" : "error"](`vectors/settlement.json ${verdict}`);
  process.exitCode = same ? 0 : 1;
} else {
  fs.writeFileSync(target, text);
}
