// Gives a pool its Governor and Timelock: `HEADWATER_DEPLOYER_KEY=0x.. node pool.cjs RPC_URL VOTES
// [TERMS.json]`. VOTES is the PoolVotes contract that the log has named for the pool (`OpenVotes`),
// the file changes the usual terms, which stand below.
"use strict";
const fs = require("node:fs");
const ethers = require("ethers");
const { FACTORY, artefact } = require("./deploy.cjs");

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Times in seconds; `proposalThreshold` in votes; as `PoolGovernor.GovernorTerms` explains them. */
const USUAL = {
  votingDelay: 2 * DAY,
  votingPeriod: 7 * DAY,
  lateQuorumExtension: 2 * DAY,
  executionDelay: 2 * DAY,
  proposalThreshold: 1,
  quorumPercent: 20,
};

// The code as it stands on a chain: immutables are zeros in the artefact, each behind a PUSH32.
function isCode(stands, name) {
  const pattern = artefact(name).runtimeBytecode.replaceAll(`7f${"00".repeat(32)}`, "7f.{64}");
  return new RegExp(`^${pattern}$`).test(stands);
}

// Terms of which none is missing, and none is of another name.
function completed(given) {
  const strange = Object.keys(given).filter((name) => !(name in USUAL));
  if (strange.length > 0) {
    const known = Object.keys(USUAL).join(", ");
    throw new Error(`there is no term ${strange.join(", ")}; there are ${known}`);
  }
  return { ...USUAL, ...given };
}

// Where the Governor of these votes and terms stands on a chain that has the factory, and what puts
// it there. The Timelock is the first contract that the Governor creates.
async function plan(votes, given) {
  const { abi, bytecode } = artefact("pool/PoolGovernor");
  const factory = new ethers.ContractFactory(abi, bytecode);
  const { data } = await factory.getDeployTransaction(votes, completed(given));
  const salt = ethers.ZeroHash;
  const governor = ethers.getCreate2Address(FACTORY, salt, ethers.keccak256(data));
  return { governor, code: data, calldata: ethers.concat([salt, data]) };
}

async function give(wallet, votes, given = {}) {
  const codeAt = (place) => wallet.provider.getCode(place);
  if (!isCode(await codeAt(votes), "PoolVotes")) {
    throw new Error(
      `cannot give a Governor to ${votes}: no PoolVotes of this version stands there; name the` +
        " contract that the log has opened the votes of the pool in",
    );
  }
  let { governor, code, calldata } = await plan(votes, given);
  // An embedded chain has no factory: there the address follows from the wallet and its count of
  // transactions, and each run makes another Governor.
  const hasFactory = (await codeAt(FACTORY)) !== "0x";
  if (!hasFactory || (await codeAt(governor)) === "0x") {
    const to = hasFactory ? { to: FACTORY, data: calldata } : { data: code };
    const receipt = await (await wallet.sendTransaction(to)).wait();
    governor = receipt.contractAddress ?? governor;
  }
  const { settlement } = new ethers.Contract(votes, artefact("PoolVotes").abi, wallet.provider);
  const timelock = ethers.getCreateAddress({ from: governor, nonce: 1 });
  return { governor, timelock, votes, settlement: await settlement() };
}

async function main([url, votes, file]) {
  const key = process.env.HEADWATER_DEPLOYER_KEY;
  if (!url || !votes || !key) {
    throw new Error("usage: HEADWATER_DEPLOYER_KEY=0x.. pool.cjs URL VOTES [FILE]");
  }
  const provider = new ethers.JsonRpcProvider(url, undefined, { cacheTimeout: -1 });
  const given = file ? JSON.parse(fs.readFileSync(file, "utf8")) : {};
  const wallet = new ethers.Wallet(key, provider);
  console.log(JSON.stringify(await give(wallet, ethers.getAddress(votes), given), null, 1));
}

module.exports = { give, plan };
if (require.main === module) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  });
}
