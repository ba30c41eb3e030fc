// The scripts of the pages against the golden vectors: encoding, commitments, signed bytes, tasks.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as cbor from "../../crates/web/static/cbor.js";
import * as commitment from "../../crates/web/static/commitment.js";
import * as passkey from "../../crates/web/static/passkey.js";
import { lines, read } from "../../crates/web/static/rows.js";

const vectors = JSON.parse(readFileSync(new URL("../../vectors/entry.json", import.meta.url)));
const space = cbor.fromHex(vectors.space);
const hex = cbor.fromHex;

/** A page in English, for what scripts say: they find its words where the server puts them. */
const catalogue = readFileSync(new URL("../../crates/web/words/en.txt", import.meta.url), "utf8");
const said = catalogue.split("\n").filter((line) => line.startsWith("js."))
  .map((line) => line.slice(3).split(" = "));
const texts = JSON.stringify(Object.fromEntries(said));
const page = {
  documentElement: { lang: "en" },
  querySelector: (wanted) => (wanted === "[data-texts]" ? { dataset: { texts } } : null),
};

/** Reads any deterministic CBOR, so that what is encoded again can be compared. */
function decode(bytes) {
  let at = 0;
  const take = (count) => bytes.slice(at, (at += count));
  function value() {
    const [first] = take(1);
    const [major, small] = [first >> 5, first & 31];
    const simple = { 0xf4: false, 0xf5: true, 0xf6: null };
    if (first in simple) return simple[first];
    let number = BigInt(small);
    if (small >= 24) number = BigInt(`0x${cbor.toHex(take(1 << (small - 24)))}`);
    const count = Number(number);
    if (major === 0) return number;
    if (major === 2) return take(count);
    if (major === 3) return new TextDecoder().decode(take(count));
    if (major === 4) return Array.from({ length: count }, value);
    if (major === 5) {
      return new Map(Array.from({ length: count }, () => [Number(value()), value()]));
    }
    throw new Error(`major type ${major}`);
  }
  const found = value();
  assert.equal(at, bytes.length, "nothing follows");
  return found;
}

test("every entry of the vectors is encoded with the same bytes", () => {
  assert.ok(vectors.entries.length > 50);
  for (const { command, entry } of vectors.entries) {
    assert.equal(cbor.toHex(cbor.encode(decode(hex(entry)))), entry, command);
  }
});

test("the bytes that are signed follow from the parts of a submission", () => {
  for (const { command, entry, signing_bytes: expected } of vectors.entries) {
    const submission = decode(hex(entry)).get(3).get(0);
    const encoded = commitment.submission({
      space: submission.get(0),
      account: submission.get(1),
      key: submission.get(2),
      nonce: submission.get(3),
      command: new cbor.Raw(cbor.encode(submission.get(4))),
      hidden: submission.get(5),
    });
    assert.equal(cbor.toHex(commitment.signingBytes(encoded)), expected, command);
  }
});

test("commitments to answers and bindings", async () => {
  for (const name of ["answer", "answer_with_text"]) {
    const { account, nonce, field, unit, label, salt, text, commitment: expected } =
      vectors.commitments[name];
    const opening = { unit, label, salt: hex(salt), text };
    const found = await commitment.answer({ space, account, nonce, field }, opening);
    assert.equal(cbor.toHex(found), expected, name);
  }
  const { key, wallet, delegation, salt, commitment: expected } = vectors.commitments.binding;
  const binding = { wallet: hex(wallet), delegation: hex(delegation), salt: hex(salt) };
  const found = await commitment.binding(space, hex(key), binding);
  assert.equal(cbor.toHex(found), expected);
});

test("heads are the shortest, and what has no form is refused", () => {
  const cases = [
    [23, "17"],
    [24, "1818"],
    [255, "18ff"],
    [256, "190100"],
    [65_536, "1a00010000"],
    [2 ** 32, "1b0000000100000000"],
    ["ä", "62c3a4"],
    [[], "80"],
    [new Map([[0, undefined], [1, 2]]), "a10102"],
  ];
  for (const [value, expected] of cases) assert.equal(cbor.toHex(cbor.encode(value)), expected);
  for (const value of [-1, 1.5, NaN, {}, undefined, new Map([[1, 0], [0, 0]])]) {
    assert.throws(() => cbor.encode(value), TypeError);
  }
});

test("tasks are read from JSON Lines, CSV and plain lines", () => {
  const cases = [
    ["", []],
    ["one\ntwo\n", [{ name: "task-1", text: "one" }, { name: "task-2", text: "two" }]],
    [
      'name,text,known\nu1,"say ""hi"", he said",yes\r\nu2,"two\nlines",\n',
      [
        { name: "u1", text: 'say "hi", he said', known: "yes" },
        { name: "u2", text: "two\nlines" },
      ],
    ],
    ["a,b\nleft,right\n", [{ name: "task-1", text: '{"a":"left","b":"right"}' }]],
    ['{"name":"x","text":"t","known":"k"}\n', [{ name: "x", text: "t", known: "k" }]],
  ];
  globalThis.document = page;
  for (const [text, expected] of cases) {
    const found = lines(read(text)).split("\n").filter(Boolean).map((line) => JSON.parse(line));
    assert.deepEqual(found, expected.map((row) => ({ text: "", known: "", ...row })));
  }
  assert.throws(() => read('{"name":"x"}\n{"name":"x"}'), /Two tasks/);
  assert.throws(() => read('{"name"'), /Line 1 is no JSON/);
  assert.throws(() => read('text\n"open'), /never closed/);
  assert.throws(() => read("name,text\na,b,c"), /Row 2/);
});

test("a passkey is hidden and signs as the vectors say", async () => {
  const url = new URL("../../vectors/passkey.json", import.meta.url);
  const own = JSON.parse(readFileSync(url));
  const { key, salt, commitment: expected } = own.binding;
  const point = { x: hex(own.x), y: hex(own.y) };
  const hidden = await passkey.binding(hex(own.payout.space), hex(key), {
    salt: hex(salt), party: own.party, point,
  });
  assert.equal(cbor.toHex(hidden), expected);
  const [{ signature: low }] = own.assertions;
  for (const { name, der, signature } of own.assertions) {
    const found = cbor.toHex(passkey.lowered(hex(der)));
    assert.equal(found, name === "high s" ? low.slice(0, 64) + found.slice(64) : signature, name);
  }
  const high = own.assertions.find(({ name }) => name === "high s");
  assert.equal(cbor.toHex(passkey.lowered(hex(high.der))), low);
});

test("why something did not work is said in the page's language, or as the node says it", async () => {
  globalThis.document = page;
  const { outcome, refusal, why } = await import("../../crates/web/static/api.js");
  const asked = [];
  const before = globalThis.fetch;
  const texts = {
    "error.no-round": "Ahora no.",
    "error.invalid": "No puede ser: {detail}.",
    "told.setting": "en {field}",
    "told.part-of-less": "hace falta menos de {most}",
    "told.owed": "se deben {units} por {count} de {name} como {roles}, el {place}.º, o {share}",
    "setting.price-units": "el precio",
    "role.owner": "propietario",
  };
  const meant = { joints: [", ", "; ", ": "], texts };
  const online = (answer) => {
    globalThis.fetch = async (path, { signal }) => {
      assert.ok(signal instanceof AbortSignal, "it waits for ever");
      asked.push(path);
      return answer();
    };
  };
  try {
    online(() => assert.fail("what has no code has no meaning to ask for"));
    assert.equal(await why(undefined, "it is so"), "it is so");
    for (const gone of [() => Promise.reject(new TypeError("gone")), () => new Response("", { status: 502 })]) {
      online(gone);
      assert.equal(await why("no_round", "no round runs"), "no round runs");
    }
    online(() => Response.json(meant));
    assert.equal(await why("no_round", "no round runs"), "Ahora no.");
    assert.equal(await why("invalid", "`a` is $& twice."), "No puede ser: `a` is $& twice.");
    assert.equal(await why("of_tomorrow", "it is new"), "it is new");
    assert.equal(await why("constructor", "it is old"), "it is old");
    const said = await refusal(409, { code: "no_round", detail: "no round runs" });
    assert.deepEqual([said.status, said.code, said.message], [409, "no_round", "Ahora no."]);
    assert.equal((await refusal(502, {})).message, "The node answered 502.");
    const gone = new Response("<html>Bad Gateway</html>", { status: 502 });
    await assert.rejects(outcome(gone), { message: "The node answered 502.", code: "" });
    const own = Response.json({ code: "no_round", detail: "no" }, { status: 409 });
    await assert.rejects(outcome(own), { message: "Ahora no.", status: 409 });
    const raw = { phrase: "", joint: "colon", gaps: { said: { name: "it is {most}" } } };
    const told = [
      { phrase: "setting", joint: "semicolon", gaps: { field: { field: "price_units" } } },
      { phrase: "part-of-less", joint: "colon", gaps: { most: { ppm: 1_000_000 } } },
      { phrase: "owed", joint: "semicolon", gaps: {
        units: { units: "2500000" }, count: { count: 1 }, name: { name: "{count}" },
        roles: { group: "role", words: ["owner", "no_such"] }, place: { place: 0 },
        share: { decimal: "12345.6" } } },
      raw,
    ];
    const all = "No puede ser: en el precio: hace falta menos de 100 %; "
      + "se deben 2.50 por 1 de {count} como propietario, no such, el 1.º, o 12,345.6";
    assert.equal(await why("invalid", "in English", told), `${all}: it is {most}.`);
    // Readers of other languages are told nothing in English.
    page.documentElement.lang = "es";
    assert.equal(await why("invalid", "in English", [raw]), "No puede ser.");
    assert.equal(await why("invalid", "in English"), "No puede ser.");
    const spanish = all.replace("2.50", "2,50").replace("12,345.6", "12.345,6");
    assert.equal(await why("invalid", "in English", told), `${spanish}.`);
    assert.equal(await why("of_tomorrow", "it is new"), "The node says no (of_tomorrow).");
    assert.equal(await why(undefined, "it is so"), undefined);
    // Asked for again until it is there, and then no more.
    assert.deepEqual(asked, Array(3).fill("/static/why-en.json"));
  } finally {
    page.documentElement.lang = "en";
    globalThis.fetch = before;
  }
});

test("a button does one thing at a time, and what goes wrong is said", async () => {
  const heard = [];
  globalThis.document = { ...page, addEventListener: (name, act) => heard.push([name, act]) };
  const { onClicks, run } = await import("../../crates/web/static/api.js");
  const status = { dataset: {} };
  const button = { disabled: false, closest: (wanted) => (wanted === "#own" ? button : null) };
  const ends = [];
  const work = (own) => new Promise((resolve, reject) => ends.push({ own, resolve, reject }));
  const first = run(button, status, work);
  await run(button, status, work);
  assert.deepEqual([button.disabled, ends.length], [true, 1]);
  ends[0].reject(new Error("no"));
  await first;
  assert.deepEqual([button.disabled, status.textContent, status.dataset.kind], [false, "no", "bad"]);
  onClicks("#own", status, work);
  onClicks("#other", status, work);
  const click = { target: button, preventDefault() {} };
  const clicks = heard.map(([name, act]) => (name === "click" ? act(click) : null));
  assert.deepEqual([ends.length, ends[1].own], [2, button]);
  ends[1].resolve();
  await Promise.all(clicks);
  assert.equal(button.disabled, false);
});
