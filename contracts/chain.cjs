// What the tests of nodes on chains of anvil have in common: chains, deployments, deposits, nodes.
"use strict";
const assert = require("node:assert");
const { spawn, execFile } = require("node:child_process");
const fs = require("node:fs");
const http = require("node:http");
const os = require("node:os");
const path = require("node:path");
const ethers = require("ethers");

const [program] = process.argv.slice(2);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "headwater-chain-"));
const WINDOW = 6;
const artefact = (name) =>
  JSON.parse(fs.readFileSync(path.join(__dirname, "artifacts", `${name}.json`), "utf8"));
const at = (name) => path.join(folder, name);
/** What was started; none of it outlives the test, however that ends. */
const children = new Set();
process.on("exit", () => {
  for (const kill of children) kill();
  fs.rmSync(folder, { recursive: true, force: true });
});
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what, ask, ms = 120_000) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > end) throw new Error(`in vain: ${what}`);
    await pause(200);
  }
}

function anvil(id) {
  const words = ["--port", "0", "--chain-id", `${id}`, "--hardfork", "osaka", "--no-mining"];
  const binary = path.join(__dirname, "node_modules", ".bin", "anvil");
  const child = spawn(binary, words, { detached: true, stdio: ["ignore", "pipe", "inherit"] });
  const signal = (name) => process.kill(-child.pid, name);
  const kill = () => signal("SIGKILL");
  children.add(kill);
  child.once("exit", () => children.delete(kill));
  return new Promise((resolve, reject) => {
    let said = "";
    const ended = () => reject(new Error("anvil ended"));
    child.on("exit", ended);
    child.stdout.on("data", (bytes) => {
      said += bytes;
      const port = said.match(/Listening on 127\.0\.0\.1:(\d+)/)?.[1];
      if (!port) return;
      child.off("exit", ended);
      const url = `http://127.0.0.1:${port}`;
      resolve({ url, pause: () => signal("SIGSTOP"), go: () => signal("SIGCONT") });
    });
  });
}

/** Mines a block now and then, unless it is told not to. */
class Chain {
  constructor(url, id) {
    this.url = url;
    this.id = id;
    this.provider = new ethers.JsonRpcProvider(url, id, { cacheTimeout: -1 });
    this.mining = true;
    this.timer = setInterval(() => this.mining && this.mine(1), 400);
  }
  mine(blocks) {
    return this.provider.send("anvil_mine", [`0x${blocks.toString(16)}`]);
  }
  wallet() {
    return this.known(ethers.Wallet.createRandom());
  }
  /** A wallet of this secret with coin here. */
  async known({ privateKey }) {
    const wallet = new ethers.Wallet(privateKey, this.provider);
    await this.provider.send("anvil_setBalance", [wallet.address, "0xde0b6b3a7640000"]);
    return wallet;
  }
  waiting(wallet) {
    return this.provider.getTransactionCount(wallet.address, "pending");
  }
  async still() {
    this.mining = false;
    await pause(500);
  }
}

/** Runs the program to its end. */
function run(words, env = {}) {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, timeout: 120_000 };
    execFile(program, words, options, (error, out, said) => {
      resolve({ code: error ? error.code ?? 1 : 0, out, said });
    });
  });
}

async function node(env) {
  const words = ["run", "--config", at("node.toml")];
  const child = spawn(program, words, {
    env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"],
  });
  const kill = () => child.kill("SIGKILL");
  children.add(kill);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  ended.then(() => children.delete(kill));
  let said = "";
  const [url, logKey] = await new Promise((resolve, reject) => {
    child.stdout.on("data", (bytes) => {
      said += bytes;
      const found = [/address\s+(http:\S+)/, /log key\s+(\S+)\n/].map((it) => it.exec(said)?.[1]);
      if (found.every(Boolean)) resolve(found);
    });
    ended.then((code) => reject(new Error(`the node has ended with ${code}: ${said}`)));
  });
  const end = async (signal) => {
    child.kill(signal);
    await ended;
  };
  return { url, logKey, end };
}

/** What an audit of a node's address finds with these servers, as JSON. */
async function audited({ url, logKey }, servers) {
  const rpc = servers.flatMap((server) => ["--rpc", server]);
  const { out, said } = await run(["audit", url, "--log-key", logKey, "--json", ...rpc]);
  return out ? JSON.parse(out) : { audit: said };
}

async function deposit(chain, { money, escrow }, account, amount) {
  const funder = await chain.wallet();
  await money.connect(funder).mint(funder.address, amount);
  await chain.mine(1);
  const block = await chain.provider.getBlock("latest");
  const deadline = BigInt(block.timestamp) + 3_600n;
  const token = await money.getAddress();
  const value = {
    owner: funder.address, spender: await escrow.getAddress(), value: amount, nonce: 0n, deadline,
  };
  const names = [["owner", "address"], ["spender", "address"], ["value", "uint256"],
    ["nonce", "uint256"], ["deadline", "uint256"]];
  const Permit = names.map(([name, type]) => ({ name, type }));
  const domain = {
    name: "Headwater test dollar", version: "1", chainId: chain.id, verifyingContract: token,
  };
  const signed = await funder.signTypedData(domain, { Permit }, value);
  const { r, s, v } = ethers.Signature.from(signed);
  const opening = {
    funder: funder.address, account: ethers.zeroPadValue(ethers.toBeHex(account), 32), amount,
    maxPerEpoch: amount, closesAt: deadline + 86_400n * 300n,
  };
  const permit = { value: amount, deadline, v, r, s };
  await escrow.connect(funder).openWithPermit(token, opening, permit, { gasLimit: 500_000 });
}

/** The contracts on a chain; with the wallets of another one's, equal terms have equal places. */
async function deployed(chain, twin) {
  const deployer = twin ? await chain.known(twin.deployer) : await chain.wallet();
  const { abi, bytecode } = artefact("TestToken");
  const money = await new ethers.ContractFactory(abi, bytecode, deployer).deploy();
  await money.waitForDeployment();
  const keys = {};
  for (const role of ["POST", "DEBIT", "RELAY", "OTHER"]) {
    keys[role] = twin ? await chain.known(twin.keys[role]) : await chain.wallet();
  }
  const words = ["chain", "deploy", "--rpc-url", chain.url, "--chain-id", `${chain.id}`,
    "--key", "env:DEPLOY", "--post", keys.POST.address, "--debit", keys.DEBIT.address,
    "--guardian", keys.OTHER.address, "--arbiter", keys.OTHER.address,
    "--rotator", keys.OTHER.address, "--bond-holder", keys.OTHER.address,
    "--token", await money.getAddress(), "--window", `${WINDOW}`, "--notes", at(`notes-${chain.id}`)];
  const env = { DEPLOY: deployer.privateKey };
  const first = await run(words, env);
  assert.equal(first.code, 0, first.said);
  const again = await run(words, env);
  const place = (said) => /settlement = "(0x\w+)"/.exec(said.out)[1];
  assert.equal(place(again), place(first), "the same terms have the same place");
  const settlement = new ethers.Contract(
    place(first), artefact("Settlement").abi, chain.provider,
  );
  const escrow = new ethers.Contract(
    await settlement.escrow(), artefact("Escrow").abi, chain.provider,
  );
  const from = Number(/from_block = (\d+)/.exec(first.out)[1]);
  return { money, keys, deployer, settlement, escrow, from };
}

/** Signs as the `eth1` route of web3signer does: the Keccak hash of what it is given. */
function signer(wallet) {
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (bytes) => (body += bytes));
    request.on("end", () => {
      const digest = ethers.keccak256(JSON.parse(body).data);
      response.end(wallet.signingKey.sign(digest).serialized);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const route = `http://127.0.0.1:${server.address().port}/api/v1/eth1/sign`;
      resolve(`signer:${route}/${wallet.signingKey.publicKey}#${wallet.address}`);
    });
  });
}

/** Runs a test and ends the process with what it came to: nothing that still waits holds it. */
function ends(test) {
  test().then(
    () => process.exit(0),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
}

module.exports = {
  Chain, anvil, artefact, at, audited, deployed, deposit, ends, node, pause, run, signer, until,
};
