// Deploys the suite to two chains of anvil with other ids and other deployers, and twice to each:
// the addresses are the same, and the contracts name each other. `node deploy.test.cjs`.
"use strict";
const assert = require("node:assert");
const { spawn } = require("node:child_process");
const path = require("node:path");
const ethers = require("ethers");
const { deploy, plan } = require("./deploy.cjs");

const person = (byte) => `0x${byte.repeat(20)}`;
const terms = {
  roles: {
    poster: person("a1"), guardian: person("a2"), arbiter: person("a3"), rotator: person("a4"),
    bondHolder: person("a5"),
  },
  terms: {
    window: 86400, rulingTime: 259200, bondToken: person("70"), bond: 1, challengeBond: 1,
    logId: ethers.ZeroHash,
  },
  escrow: { debitor: person("a6"), refundGrace: 86400, creditNotice: 604800 },
  tokens: [person("70"), person("71")],
};

function anvil(chainId, index) {
  const words = ["--port", "0", "--chain-id", `${chainId}`, "--hardfork", "osaka"];
  const program = path.join(__dirname, "node_modules", ".bin", "anvil");
  const child = spawn(program, words, { detached: true, stdio: ["ignore", "pipe", "inherit"] });
  const stop = () => process.kill(-child.pid);
  return new Promise((resolve, reject) => {
    let said = "";
    child.on("exit", () => reject(new Error("anvil ended")));
    child.stdout.on("data", (bytes) => {
      said += bytes;
      const port = said.match(/Listening on 127\.0\.0\.1:(\d+)/)?.[1];
      const keys = [...said.matchAll(/\(\d\) (0x[0-9a-f]{64})/g)].map((found) => found[1]);
      if (!port || keys.length <= index) return;
      child.removeAllListeners("exit");
      // Else an answer of a moment ago stands for the one after a deployment.
      const fresh = { cacheTimeout: -1 };
      const provider = new ethers.JsonRpcProvider(`http://127.0.0.1:${port}`, undefined, fresh);
      resolve({ provider, wallet: new ethers.Wallet(keys[index], provider), stop });
    });
  });
}

async function main() {
  const expected = plan(terms);
  for (const [chainId, index] of [[701, 0], [702, 3]]) {
    const chain = await anvil(chainId, index);
    try {
      const wallet = new ethers.NonceManager(chain.wallet);
      const places = await deploy(wallet, terms);
      assert.deepEqual(places, await deploy(wallet, terms));
      for (const name of ["suite", "settlement", "escrow"]) {
        assert.equal(places[name], expected[name]);
      }
      const abi = ["function escrow() view returns (address)"];
      const named = await new ethers.Contract(places.settlement, abi, chain.provider).escrow();
      assert.equal(named, places.escrow);
      console.log(`chain ${chainId}: ${JSON.stringify(places)}`);
    } finally {
      chain.provider.destroy();
      chain.stop();
    }
  }
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
