// A node that settles on somebody else's chain, anvil: `node chain.test.cjs PROGRAM`. Deposit with a
// permit, credited once it is final; an epoch posted across a kill; paid; reorganisations.
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
const CHAIN = 31337;
const DEPTH = 3;
const WINDOW = 6;
const PRICE = 1000n;
const artefact = (name) =>
  JSON.parse(fs.readFileSync(path.join(__dirname, "artifacts", `${name}.json`), "utf8"));
const at = (name) => path.join(folder, name);
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

function anvil() {
  const words = ["--port", "0", "--chain-id", `${CHAIN}`, "--hardfork", "osaka", "--no-mining"];
  const binary = path.join(__dirname, "node_modules", ".bin", "anvil");
  const child = spawn(binary, words, { detached: true, stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    let said = "";
    child.on("exit", () => reject(new Error("anvil ended")));
    child.stdout.on("data", (bytes) => {
      said += bytes;
      const port = said.match(/Listening on 127\.0\.0\.1:(\d+)/)?.[1];
      if (!port) return;
      child.removeAllListeners("exit");
      resolve({ url: `http://127.0.0.1:${port}`, stop: () => process.kill(-child.pid) });
    });
  });
}

/** Mines a block now and then, unless it is told not to. */
class Chain {
  constructor(url) {
    this.url = url;
    this.provider = new ethers.JsonRpcProvider(url, CHAIN, { cacheTimeout: -1 });
    this.mining = true;
    this.timer = setInterval(() => this.mining && this.mine(1), 400);
  }
  mine(blocks) {
    return this.provider.send("anvil_mine", [`0x${blocks.toString(16)}`]);
  }
  async wallet() {
    const wallet = ethers.Wallet.createRandom().connect(this.provider);
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
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let said = "";
  const url = await new Promise((resolve, reject) => {
    child.stdout.on("data", (bytes) => {
      said += bytes;
      const found = /address\s+(http:\S+)/.exec(said);
      if (found) resolve(found[1]);
    });
    ended.then((code) => reject(new Error(`the node has ended with ${code}: ${said}`)));
  });
  const end = async (signal) => {
    child.kill(signal);
    await ended;
  };
  return { url, end };
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
    name: "Headwater test dollar", version: "1", chainId: CHAIN, verifyingContract: token,
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

async function deployed(chain) {
  const deployer = await chain.wallet();
  const { abi, bytecode } = artefact("TestToken");
  const money = await new ethers.ContractFactory(abi, bytecode, deployer).deploy();
  await money.waitForDeployment();
  const keys = {};
  for (const role of ["POST", "DEBIT", "RELAY", "OTHER"]) keys[role] = await chain.wallet();
  const words = ["chain", "deploy", "--rpc-url", chain.url, "--chain-id", `${CHAIN}`,
    "--key", "env:DEPLOY", "--post", keys.POST.address, "--debit", keys.DEBIT.address,
    "--guardian", keys.OTHER.address, "--arbiter", keys.OTHER.address,
    "--rotator", keys.OTHER.address, "--bond-holder", keys.OTHER.address,
    "--token", await money.getAddress(), "--window", `${WINDOW}`, "--notes", at("notes")];
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
  return { money, keys, settlement, escrow, from };
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

async function settings(chain, { keys, settlement, from, relay }, change = {}) {
  const table = {
    rpc_url: "env:RPC", chain_id: CHAIN, settlement: await settlement.getAddress(),
    from_block: from, confirmations: DEPTH, poll: 100, post_key: `keystore:${at("post.json")}`,
    debit_key: "env:DEBIT", relay_key: relay, ...change,
  };
  const top = { data: at("node"), listen: "127.0.0.1:0", epoch_every: 1000 };
  const lines = (values) =>
    Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`).join("");
  fs.writeFileSync(at("node.toml"), `${lines(top)}[chain]\n${lines(table)}`);
  const password = { HEADWATER_KEYSTORE_PASSWORD: "word" };
  return { RPC: chain.url, DEBIT: keys.DEBIT.privateKey, ...password };
}

async function refusals(chain, world) {
  const start = async (change, own = {}) => {
    const env = await settings(chain, world, change);
    return run(["run", "--config", at("node.toml")], { ...env, ...own });
  };
  const wrong = await start({ chain_id: 5 });
  assert.match(wrong.said, /is a server of chain `31337`, not of `5`/);
  const other = await start({ settlement: await world.money.getAddress() });
  assert.match(other.said, /other code stands at/);
  const away = await start({}, { RPC: "http://127.0.0.1:9/SECRET" });
  assert.match(away.said, /hint: nothing has changed; try later/);
  assert.doesNotMatch(away.said, /SECRET/);
  const locked = await start({}, { HEADWATER_KEYSTORE_PASSWORD: "sword" });
  assert.match(locked.said, /the password is wrong/);
  const one = await start({ debit_key: `keystore:${at("post.json")}` });
  assert.match(one.said, /two roles have one key/);
}

async function main() {
  const server = await anvil();
  const chain = new Chain(server.url);
  let running;
  try {
    const world = await deployed(chain);
    const { settlement, escrow, money, keys } = world;
    fs.writeFileSync(at("post.json"), await keys.POST.encrypt("word"));
    world.relay = await signer(keys.RELAY);
    await refusals(chain, world);
    const env = await settings(chain, world);
    const checked = await run(["config", "check", at("node.toml")], env);
    assert.equal(checked.code, 0, checked.said);
    running = await node(env);
    const as = (who, ...words) =>
      run([...words, "--url", running.url, "--keys", at(`${who}.key`)]);

    fs.writeFileSync(at("rows.csv"), "text,label\nhello,greeting\n");
    const offered = await as("seller", "asset", "register", "--title", "rows", "--content",
      at("rows.csv"), "--purpose", "train", "--price", `train=${PRICE}`);
    assert.equal(offered.code, 0, offered.said);
    assert.equal((await as("seller", "asset", "payout")).code, 0);
    assert.equal((await as("buyer", "grant", "list")).code, 0);
    const buy = (fund) =>
      as("buyer", "grant", "buy", "0", "--purpose", "train", "--fund", `${fund}`);

    console.log("a deposit counts once it is final");
    await chain.still();
    await deposit(chain, world, 2, PRICE);
    await chain.mine(1);
    await pause(1_500);
    assert.notEqual((await buy(1)).code, 0, "not final yet");
    console.log("a deposit that a reorganisation drops was never there");
    await chain.provider.send("anvil_reorg", [1, []]);
    await chain.mine(DEPTH + 1);
    await pause(1_500);
    assert.equal(await escrow.lastId(), 0n);
    assert.notEqual((await buy(1)).code, 0, "it is gone");
    await deposit(chain, world, 2, 5n * PRICE);
    await chain.mine(DEPTH + 1);
    await until("the deposit is credited", async () => (await buy(1)).code === 0);

    console.log("a kill between the signature and the block sends nothing twice");
    await until("the post waits", async () => (await chain.waiting(keys.POST)) === 1);
    await running.end("SIGKILL");
    running = await node(env);
    await pause(1_000);
    assert.equal(await chain.waiting(keys.POST), 1, "one transaction, the same");
    chain.mining = true;
    await until("the first epoch is final", async () => (await settlement.finalId()) >= 1n);
    const [posted] = await settlement.queryFilter("Posted");
    assert.equal(posted.args.id, 1n);
    const token = await money.getAddress();
    await until("its debits are in the pot", async () =>
      (await settlement.inflow(token)) === PRICE);

    console.log("what was earned is paid");
    await until("the second epoch is final", async () => (await settlement.finalId()) >= 2n);
    const paid = await until("the seller is paid", async () => {
      await as("seller", "asset", "payout");
      return settlement.paid(token);
    });
    assert.equal(paid, PRICE);
    const count = await chain.provider.getTransactionCount(keys.POST.address);
    assert.equal(BigInt(count), await settlement.lastId(), "one transaction for each epoch");

    console.log("what was final and is taken back freezes the chain");
    await chain.still();
    await pause(1_000);
    await chain.provider.send("anvil_reorg", [DEPTH + 4, []]);
    await chain.mine(DEPTH + 4);
    const ready = async () => (await fetch(`${running.url}/readyz`)).text();
    await until("the freeze is told", async () => (await ready()).includes("frozen"));
    const last = await settlement.lastId();
    await deposit(chain, world, 2, PRICE);
    await chain.mine(DEPTH + 4);
    await pause(2_000);
    assert.equal(await settlement.lastId(), last);
    assert.match(await ready(), /^writer\n/, "work goes on");
    console.log("all of it holds");
  } finally {
    if (running) await running.end("SIGKILL");
    clearInterval(chain.timer);
    chain.provider.destroy();
    server.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
