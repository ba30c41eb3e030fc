// A node on two chains of anvil: `node chains.test.cjs PROGRAM`. Contracts and tokens have the same
// addresses on both; the same root is posted on both; each pays from its own deposits; one that is
// away holds the other up in nothing, and catches up.
"use strict";
const assert = require("node:assert");
const fs = require("node:fs");
const {
  Chain, anvil, at, audited, deployed, deposit, ends, node, run, signer, until,
} = require("./chain.cjs");

const DEPTH = 2;
const PRICES = [1000n, 700n];

async function table(chain, { keys, settlement, from, relay }, name) {
  return {
    rpc_url: `env:RPC${name}`, chain_id: chain.id, settlement: await settlement.getAddress(),
    from_block: from, confirmations: DEPTH, poll: 100, post_key: "env:POST", debit_key: "env:DEBIT",
    relay_key: relay,
  };
}

async function settings(chains, worlds) {
  const top = { data: at("node"), listen: "127.0.0.1:0", epoch_every: 1000 };
  const lines = (values) =>
    Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`).join("");
  const tables = [await table(chains[0], worlds[0], 0), await table(chains[1], worlds[1], 1)];
  const text = `${lines(top)}[chain]\n${lines(tables[0])}[[chains]]\n${lines(tables[1])}`;
  fs.writeFileSync(at("node.toml"), text);
  const { POST, DEBIT } = worlds[0].keys;
  return {
    RPC0: chains[0].url, RPC1: chains[1].url, POST: POST.privateKey, DEBIT: DEBIT.privateKey,
  };
}

/** What was posted for each epoch, but for what is the chain's own. */
async function statements({ settlement }) {
  const posted = await settlement.queryFilter("Posted");
  return posted.map(({ args }) =>
    [args.id, args.root, args.checkpointRoot, args.logSize, args.logTimeMs, args.dataHash].join());
}

async function main() {
  const servers = [await anvil(31337), await anvil(31338)];
  const chains = [new Chain(servers[0].url, 31337), new Chain(servers[1].url, 31338)];
  const first = await deployed(chains[0]);
  const worlds = [first, await deployed(chains[1], first)];
  const token = await first.money.getAddress();
  assert.equal(await worlds[1].money.getAddress(), token, "the same address on both");
  const place = await first.settlement.getAddress();
  assert.equal(await worlds[1].settlement.getAddress(), place);
  for (const world of worlds) world.relay = await signer(world.keys.RELAY);
  const env = await settings(chains, worlds);
  const checked = await run(["config", "check", at("node.toml")], env);
  assert.equal(checked.code, 0, checked.said);
  const running = await node(env);
  const as = (who, ...words) =>
    run([...words, "--url", running.url, "--keys", at(`${who}.key`)]);

  console.log("equal deposit numbers on two chains are two deposits");
  fs.writeFileSync(at("rows.csv"), "text,label\nhello,greeting\n");
  for (const [number, price] of PRICES.entries()) {
    const offered = await as("seller", "asset", "register", "--title", `rows ${number}`,
      "--content", at("rows.csv"), "--purpose", "train", "--price", `train=${price}`,
      "--token", `${number}`);
    assert.equal(offered.code, 0, offered.said);
  }
  await as("seller", "asset", "payout");
  await as("buyer", "grant", "list");
  const buy = (asset, fund) =>
    as("buyer", "grant", "buy", `${asset}`, "--purpose", "train", "--fund", `${fund}`);
  await deposit(chains[0], worlds[0], 2, PRICES[0]);
  await until("the first chain's deposit buys", async () => (await buy(0, 1)).code === 0);
  await deposit(chains[1], worlds[1], 2, PRICES[1]);
  assert.notEqual((await buy(1, 1)).code, 0, "not what is on the other chain");
  await until("the second chain's deposit buys", async () => (await buy(1, 2)).code === 0);

  console.log("each pays its own leaves from its own deposits");
  for (const [number, { settlement }] of worlds.entries()) {
    await until(`chain ${number} pays`, async () => {
      await as("seller", "asset", "payout");
      return (await settlement.paid(token)) === PRICES[number];
    });
    assert.equal(await settlement.inflow(token), PRICES[number]);
  }

  console.log("one that is away holds the other up in nothing");
  await chains[1].still();
  servers[1].pause();
  await deposit(chains[0], worlds[0], 2, 3n * PRICES[0]);
  await until("the first chain's deposit buys", async () => (await buy(0, 3)).code === 0);
  await until("the first chain pays on", async () => {
    await as("seller", "asset", "payout");
    return (await worlds[0].settlement.paid(token)) === 2n * PRICES[0];
  }, 240_000);
  const ready = async () => (await fetch(`${running.url}/readyz`)).text();
  await until("it is told", async () => /chain 31338: /.test(await ready()));

  console.log("and catches up with the same statements");
  servers[1].go();
  chains[1].mining = true;
  const last = await worlds[0].settlement.lastId();
  await until("it has caught up", async () =>
    (await worlds[1].settlement.finalId()) >= last, 240_000);
  const [one, other] = [await statements(worlds[0]), await statements(worlds[1])];
  const most = Math.min(one.length, other.length);
  assert.ok(most >= 3);
  assert.deepEqual(other.slice(0, most), one.slice(0, most), "one statement for an epoch");
  assert.equal(await worlds[1].settlement.paid(token), PRICES[1]);

  console.log("an audit reads both, and says which it was not given");
  const both = await audited(running, chains.map(({ url }) => url));
  assert.deepEqual([both.audit, both.all_chains_checked], ["verified", true]);
  assert.deepEqual(both.money.map(({ claimed }) => claimed), [`${2n * PRICES[0]}`, `${PRICES[1]}`]);
  const second = await audited(running, [chains[1].url]);
  assert.deepEqual(second.chains.map(({ checked }) => checked), [false, true]);
  assert.deepEqual([second.all_chains_checked, second.money[0].claimed], [false, null]);
  const twice = await audited(running, [chains[1].url, chains[1].url]);
  assert.match(twice.audit, /chain `31338` was given twice/);
  console.log("all of it holds");
}

ends(main);
