// x402's clients as they are, of npm here and of PyPI in pay.py, pay a node for single calls; and
// what a node makes of payments that are none, come twice, or whose payer or node is gone.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";

import { ExactEvmScheme } from "@x402/evm";
import { decodePaymentResponseHeader, wrapFetchWithPayment, x402Client } from "@x402/fetch";
import OpenAI from "openai";
import * as viem from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";

import { MODELS, startMarket } from "../market.mjs";

const PROGRAM = process.env.HEADWATER ?? "../../target/release/headwater";
const PYTHON = process.env.PYTHON ?? "python3";
const PURSE = 10_000n;
const TOKEN = viem.parseAbi([
  "function mint(address to, uint256 amount)",
  "function balanceOf(address account) view returns (uint256)",
  "function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, "
    + "uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s)",
]);
const ESCROW = viem.parseAbi([
  "event Opened(uint64 indexed id, address indexed funder, bytes32 indexed account, address token, "
    + "uint96 amount, uint96 maxPerEpoch, uint64 closesAt)",
]);
const TRANSFER = {
  TransferWithAuthorization: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "validAfter", type: "uint256" },
    { name: "validBefore", type: "uint256" },
    { name: "nonce", type: "bytes32" },
  ],
};

/** Somebody with a wallet on the node's chain. */
async function payer(market, units = PURSE, secret = generatePrivateKey()) {
  const { genesis } = await (await fetch(`${market.url}/api/v1/space`)).json();
  const [token] = genesis.tokens;
  const account = privateKeyToAccount(secret);
  const chain = viem.defineChain({
    id: genesis.chain_id, name: "devnet", rpcUrls: { default: { http: [] } },
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  });
  const transport = () => viem.http(`${market.url}/rpc`);
  const reads = () => viem.createPublicClient({ chain, transport: transport(), pollingInterval: 100 });
  const write = async (functionName, args) => {
    const writes = viem.createWalletClient({ account, chain, transport: transport() });
    const hash = await writes.writeContract({ address: token, abi: TOKEN, functionName, args });
    const receipt = await reads().waitForTransactionReceipt({ hash });
    assert.equal(receipt.status, "success");
  };
  if (units) await write("mint", [account.address, units]);
  const balance = (of = account.address) => reads().readContract({
    address: token, abi: TOKEN, functionName: "balanceOf", args: [of],
  });
  const deposits = async () => {
    const events = await reads().getContractEvents({
      address: genesis.escrow, abi: ESCROW, eventName: "Opened", fromBlock: 1n,
      args: { funder: account.address },
    });
    return events.map(({ args }) => args.amount);
  };
  return { account, secret, token, chain, reads, write, balance, deposits };
}

const pathOf = (model) => (model === "words" ? "completions" : "chat/completions");

/** The body of a call; of one length for words of one length. */
function bodyOf(model, text = "well", more = {}) {
  const asked = model === "words" ? { prompt: text } : { messages: [{ role: "user", content: text }] };
  return JSON.stringify({ model, ...asked, max_tokens: 8, ...more });
}

function call(market, model, { text, more, payment, fetcher = fetch, signal } = {}) {
  const headers = { "content-type": "application/json" };
  if (payment) headers["payment-signature"] = payment;
  return fetcher(`${market.url}/v1/${pathOf(model)}`, {
    method: "POST", headers, body: bodyOf(model, text, more), signal,
  });
}

const opened = (header) => JSON.parse(Buffer.from(header, "base64").toString());

/** What a call costs. */
async function wanted(market, model) {
  const answer = await call(market, model);
  assert.equal(answer.status, 402);
  assert.equal((await answer.json()).error.code, "payment_required");
  return opened(answer.headers.get("payment-required"));
}

/** A payment as a client makes it, with something else in it. */
async function payment({ account }, required, changed = {}, accepted = {}) {
  const [offer] = required.accepts;
  const message = {
    from: account.address,
    to: offer.payTo,
    value: BigInt(offer.amount),
    validAfter: 0n,
    validBefore: BigInt(Math.floor(Date.now() / 1000) + offer.maxTimeoutSeconds),
    nonce: viem.toHex(randomBytes(32)),
    ...changed.message,
  };
  const domain = {
    name: offer.extra.name,
    version: offer.extra.version,
    chainId: Number(offer.network.split(":")[1]),
    verifyingContract: offer.asset,
    ...changed.domain,
  };
  const signature = changed.signature
    ?? await account.signTypedData({ domain, types: TRANSFER, primaryType: "TransferWithAuthorization", message });
  const texts = Object.entries(message).map(([name, value]) => [name, String(value)]);
  const sent = {
    x402Version: 2,
    resource: required.resource,
    accepted: { ...offer, ...accepted },
    payload: { signature, authorization: Object.fromEntries(texts) },
  };
  return { header: Buffer.from(JSON.stringify(sent)).toString("base64"), message, signature };
}

async function refused(answer, status, code) {
  const said = await answer.json();
  assert.deepEqual([answer.status, said.error.code], [status, code], said.error.message);
  // Only whoever has not paid is asked to pay.
  assert.equal(answer.headers.has("payment-required"), status === 402);
  return status === 402 ? opened(answer.headers.get("payment-required")).error : said.error.message;
}

async function officialClient(market) {
  const who = await payer(market);
  const asset = { network: `eip155:${who.chain.id}`, asset: who.token };
  const client = x402Client.fromConfig({
    schemes: [{ network: "eip155:*", client: new ExactEvmScheme(who.account) }],
    spendControls: { allowedAssets: [asset] },
  });
  const fetcher = wrapFetchWithPayment(fetch, client);
  const price = BigInt((await wanted(market, "echo")).accepts[0].amount);

  const answer = await call(market, "echo", { fetcher });
  const said = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(said));
  assert.equal(said.choices[0].message.content, "you said well");
  const settled = decodePaymentResponseHeader(answer.headers.get("payment-response"));
  assert.deepEqual([settled.success, settled.payer.toLowerCase()],
    [true, who.account.address.toLowerCase()]);
  const transaction = await who.reads().getTransactionReceipt({ hash: settled.transaction });
  assert.equal(transaction.status, "success");
  assert.equal(await who.balance(), PURSE - price);
  // The money is the payer's deposit, of which the call has used a part.
  assert.deepEqual(await who.deposits(), [price]);
  const cost = BigInt(answer.headers.get("x-headwater-cost"));
  assert.ok(0n < cost && cost < price);
  const seen = await market.inTheLog(answer.headers.get("x-headwater-receipt"));
  assert.match(seen, new RegExp(`${cost} units`));

  const stream = await call(market, "echo", { fetcher, more: { stream: true } });
  assert.equal(stream.status, 200);
  assert.ok(opened(stream.headers.get("payment-response")).success);
  const events = await stream.text();
  assert.match(events, /"cost_units"/);
  assert.match(events, /\[DONE\]/);
  assert.equal((await who.deposits()).length, 2);

  // OpenAI's client pays as well, by its `fetch`.
  const own = new OpenAI({ apiKey: "x402", baseURL: `${market.url}/v1`, fetch: fetcher });
  const messages = [{ role: "user", content: "well" }];
  const paid = await own.chat.completions.create({ model: "echo", messages, max_tokens: 8 });
  assert.equal(paid.choices[0].message.content, "you said well");
  assert.equal((await who.deposits()).length, 3);

  // Without our token among what it may spend it pays nothing.
  const strict = wrapFetchWithPayment(fetch, x402Client.fromConfig({
    schemes: [{ network: "eip155:*", client: new ExactEvmScheme(who.account) }],
  }));
  await assert.rejects(call(market, "echo", { fetcher: strict }), /allowed/);
}

async function discovery(market) {
  const { items, pagination } = await (await fetch(`${market.url}/discovery/resources?limit=2`)).json();
  assert.deepEqual([items.length, pagination.total], [2, MODELS.length]);
  const [item] = items;
  assert.equal(item.accepts[0].scheme, "exact");
  assert.equal((await fetch(item.resource, { method: "POST", body: bodyOf(item.metadata.model) })).status, 402);
}

async function badPayments(market) {
  const who = await payer(market);
  const required = await wanted(market, "words");
  const now = BigInt(Math.floor(Date.now() / 1000));
  const other = "0x1111111111111111111111111111111111111111";
  const invalid = (what) => `invalid_exact_evm_payload_${what}`;
  const cases = [
    ["wrong chain", { domain: { chainId: 8453 } }, {}, invalid("signature")],
    ["wrong chain, as it says", { domain: { chainId: 8453 } }, { network: "eip155:8453" }, "invalid_network"],
    ["wrong token", { domain: { verifyingContract: other } }, {}, invalid("signature")],
    ["wrong token, as it says", { domain: { verifyingContract: other } }, { asset: other },
      "invalid_payment_requirements"],
    ["wrong recipient", { message: { to: other } }, {}, invalid("recipient_mismatch")],
    ["too little", { message: { value: BigInt(required.accepts[0].amount) - 1n } }, {},
      invalid("authorization_value")],
    ["expired", { message: { validBefore: now - 1n } }, {}, invalid("authorization_valid_before")],
    ["not yet valid", { message: { validAfter: now + 1_000n } }, {}, invalid("authorization_valid_after")],
    ["another scheme", {}, { scheme: "upto" }, "unsupported_scheme"],
    ["more than there is", { message: { value: PURSE + 1n } }, {}, "insufficient_funds"],
    ["not signed", { signature: `0x${"11".repeat(65)}` }, {}, invalid("signature")],
  ];
  for (const [name, changed, accepted, why] of cases) {
    const { header } = await payment(who, required, changed, accepted);
    const answer = await call(market, "words", { payment: header });
    assert.equal(await refused(answer, 402, "payment_invalid"), why, name);
  }
  await refused(await call(market, "words", { payment: "%%%" }), 400, "payment_malformed");
  await refused(await call(market, "nobody", { payment: "%%%" }), 404, "model_not_found");
  assert.equal(await who.balance(), PURSE, "no money has moved");
  assert.deepEqual(await who.deposits(), []);
}

const transfer = ({ message }, signature) => {
  const { r, s, v } = viem.parseSignature(signature);
  const { from, to, value, validAfter, validBefore, nonce } = message;
  return [from, to, value, validAfter, validBefore, nonce, Number(v), r, s];
};

async function twice(market) {
  const who = await payer(market);
  const required = await wanted(market, "words");
  const price = BigInt(required.accepts[0].amount);
  const once = await payment(who, required);
  const shown = () => call(market, "words", { payment: once.header });
  const all = await Promise.all([shown(), shown(), shown()]);
  const statuses = all.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [200, 409, 409], "one payment, one answer");
  await refused(await shown(), 409, "payment_used");
  // Nor does it buy something else, whatever that costs.
  await refused(await call(market, "broken", { payment: once.header }), 409, "payment_used");
  assert.deepEqual([await who.balance(), await who.deposits()], [PURSE - price, [price]]);

  // The payer has used the nonce for something else.
  const somewhere = "0x2222222222222222222222222222222222222222";
  const spent = await payment(who, required, { message: { to: somewhere } });
  await who.write("transferWithAuthorization", transfer(spent, spent.signature));
  const again = await payment(who, required, { message: { nonce: spent.message.nonce } });
  const answer = await call(market, "words", { payment: again.header });
  assert.equal(await refused(answer, 402, "payment_invalid"), "invalid_transaction_state");
  assert.equal(await who.balance(), PURSE - 2n * price);

  // Somebody else has sent the transfer before the node did: it is a payment all the same.
  const sent = await payment(who, required);
  await who.write("transferWithAuthorization", transfer(sent, sent.signature));
  assert.equal((await call(market, "words", { payment: sent.header })).status, 200);
  await refused(await call(market, "words", { payment: sent.header }), 409, "payment_used");
  assert.deepEqual(await who.deposits(), [price, price]);
}

/** A payment whose call has not ended pays for the next try, and is not taken twice. */
async function goneAndKilled(market) {
  const who = await payer(market);
  const required = await wanted(market, "echo");
  const price = BigInt(required.accepts[0].amount);
  const left = await payment(who, required);
  const hangup = new AbortController();
  const waits = market.waits();
  const cut = call(market, "echo", { text: "wait", payment: left.header, signal: hangup.signal });
  await waits;
  hangup.abort();
  await assert.rejects(cut, /abort/);
  let answer;
  do {
    answer = await call(market, "echo", { payment: left.header });
  } while (answer.status === 409);
  assert.equal(answer.status, 200, "its payer has come back");

  // An upstream that fails costs nothing, and the payment is good for another try.
  const failing = await payment(who, await wanted(market, "broken"));
  for (let tries = 0; tries < 2; tries += 1) {
    await refused(await call(market, "broken", { payment: failing.header }), 502, "upstream_error");
  }

  const killed = await payment(who, required);
  const waitsAgain = market.waits();
  const dead = call(market, "echo", { text: "wait", payment: killed.header });
  const died = assert.rejects(dead);
  await waitsAgain;
  await market.restart();
  await died;
  const more = await call(market, "echo", { payment: killed.header });
  assert.equal(more.status, 200, JSON.stringify(await more.json()));
  await refused(await call(market, "echo", { payment: killed.header }), 409, "payment_used");
  const paid = 2n * price + BigInt(failing.message.value);
  assert.equal(await who.balance(), PURSE - paid);
  assert.equal((await who.deposits()).reduce((sum, units) => sum + units, 0n), paid);
}

// Epochs settle all the while.
const market = await startMarket(PROGRAM, ["--epoch-every", "2000"]);
try {
  await officialClient(market);
  await discovery(market);
  await badPayments(market);
  await twice(market);
  await goneAndKilled(market);
  const { secret } = await payer(market);
  const env = { ...process.env, HEADWATER_URL: market.url, SECRET: secret };
  const { stdout } = await promisify(execFile)(PYTHON, ["pay.py"], { env });
  // Every payment stands in the log as it stands on the chain.
  const audited = await market.audit();
  assert.match(audited, /^verified/);
  assert.match(audited, /chain +[1-9]\d* of \d+ epochs? posted with this root/);
  console.log(`npm's client and payments that are none: as it should be\n${stdout.trim()}`);
} finally {
  await market.stop();
}
