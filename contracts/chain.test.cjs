// A node that settles on somebody else's chain, anvil: `node chain.test.cjs PROGRAM`. Deposit with a
// permit, credited once it is final; an epoch posted across a kill; paid; a stake; reorganisations.
"use strict";
const assert = require("node:assert");
const crypto = require("node:crypto");
const fs = require("node:fs");
const ethers = require("ethers");
const {
  Chain, anvil, artefact, at, audited, deployed, deposit, ends, node, pause, run, signer, until,
} = require("./chain.cjs");

const CHAIN = 31337;
const DEPTH = 3;
const PRICE = 1000n;
const STAKE = 500n;

async function settings(chain, { keys, settlement, from, relay }, change = {}, more = {}) {
  const table = {
    rpc_url: "env:RPC", chain_id: CHAIN, settlement: await settlement.getAddress(),
    from_block: from, confirmations: DEPTH, poll: 100, post_key: `keystore:${at("post.json")}`,
    debit_key: "env:DEBIT", relay_key: relay, ...change,
  };
  const top = { data: at("node"), listen: "127.0.0.1:0", epoch_every: 1000, ...more };
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

/** The wallet behind a key file of the program, with coin on the chain. */
function walletOf(chain, who) {
  const secret = Buffer.from(fs.readFileSync(at(`${who}.key`), "utf8").trim(), "hex");
  const hash = crypto.createHash("sha256").update("wallet\0").update(secret);
  return chain.known({ privateKey: `0x${hash.digest("hex")}` });
}

/** The seller stakes in the contract that the node has put there, and asks for a part of it. */
async function staked(chain, { money, from }, running) {
  const shown = async () => {
    const answer = await fetch(`${running.url}/api/v1/accounts/1`);
    return (await answer.json()).stake;
  };
  const contract = await until("the Stake contract is known", async () => (await shown())?.contract);
  const staker = await walletOf(chain, "seller");
  const stake = new ethers.Contract(contract, artefact("Stake").abi, staker);
  const own = money.connect(staker);
  const mined = async (sent) => (await sent).wait();
  await mined(own.mint(staker.address, STAKE));
  await mined(own.approve(contract, STAKE));
  await mined(stake.stake(STAKE));
  const noted = (active, leaving) => async () => {
    const { active_units, leaving_units } = await shown();
    return active_units === `${active}` && leaving_units === `${leaving}`;
  };
  await until("the stake is noted", noted(STAKE, 0n));
  await mined(stake.requestExit(STAKE / 5n));
  await until("its exit is noted", noted(STAKE - STAKE / 5n, STAKE / 5n));
  const checked = await until("an audit reads the stake", async () => {
    const found = await audited(running, [`${chain.url}#${from}`]);
    assert.equal(found.audit, "verified");
    return found.chains[0].beside_checked && found;
  });
  assert.equal(checked.chains[0].beside_why, null);
  const without = await audited(running, []);
  assert.equal(without.chains[0].beside_why, "the chain was not given");
}

async function main() {
  const server = await anvil(CHAIN);
  const chain = new Chain(server.url, CHAIN);
  const world = await deployed(chain);
  const { settlement, escrow, money, keys } = world;
  fs.writeFileSync(at("post.json"), await keys.POST.encrypt("word"));
  world.relay = await signer(keys.RELAY);
  await refusals(chain, world);
  const env = await settings(chain, world);
  const checked = await run(["config", "check", at("node.toml")], env);
  assert.equal(checked.code, 0, checked.said);
  let running = await node(env);
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
  console.log("an audit reads the chain itself");
  const found = await audited(running, [`${chain.url}#${world.from}`]);
  assert.equal(found.audit, "verified");
  assert.ok(found.all_chains_checked && found.roots_matched >= 2, JSON.stringify(found));
  assert.equal(found.money[0].claimed, `${PRICE}`);
  const late = await audited(running, [`${chain.url}#${await chain.provider.getBlockNumber()}`]);
  assert.match(late.audit, /leaves out events of the contracts, or the first are before block/);
  const without = await audited(running, []);
  assert.equal(without.all_chains_checked, false);

  const count = await chain.provider.getTransactionCount(keys.POST.address);
  assert.equal(BigInt(count), await settlement.lastId(), "one transaction for each epoch");

  console.log("a stake is noted once it is final, and an audit holds the notes against it");
  await running.end("SIGTERM");
  await settings(chain, world, {}, { stake_exit_days: 30 });
  running = await node(env);
  await staked(chain, world, running);

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
}

ends(main);
