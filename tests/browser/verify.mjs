// The browser's verifier against the golden vectors: keys, notes, receipts, trees, whole logs.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { moved } from "../../crates/web/static/pan.js";
import * as verify from "../../crates/web/static/verify.js";

const vectors = (name) =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url)));
const { tree, bundle, tiles, note, log } = vectors("log");
const proof = vectors("proof");
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const text = (words) => new TextEncoder().encode(words);
const fault = (words) => (error) => {
  assert.ok(error instanceof verify.Fault, String(error));
  assert.match(error.message, words);
  // Pages say it by its code, with the same gaps.
  assert.match(error.code, /^fault-[a-z0-9-]+$/);
  assert.doesNotMatch(error.message, /\{\w+\}/, "each gap is filled");
  return true;
};

test("roots of the test tree, leaf by leaf", async () => {
  const frontier = new verify.Frontier();
  assert.equal(verify.hex(await frontier.root()), tree.empty_root);
  for (const [at, entry] of tree.entries.entries()) {
    await frontier.add(1, await verify.leafHash(bytes(entry)));
    assert.equal(verify.hex(await frontier.root()), tree.roots[at]);
  }
});

test("a bundle is read as it is written, and no further", () => {
  const { entries, rest } = verify.readBundle(bytes(bundle.bytes), bundle.entries.length);
  assert.deepEqual(entries.map(verify.hex), bundle.entries);
  assert.equal(rest, 0);
  assert.throws(() => verify.readBundle(bytes(bundle.bytes), 9), fault(/before its last/));
  assert.throws(() => verify.readBundle(bytes(bundle.bytes).slice(0, -1), 8), fault(/within/));
  assert.equal(`tile/0/${verify.tilePath(1_234_067, 256)}`, tiles.index_1234067);
  assert.equal(`tile/0/${verify.tilePath(273, 112)}`, tiles.partials[0]);
});

test("a note opens with its own key alone", async () => {
  const key = await verify.readKey(note.key);
  assert.equal(key.name, "example.com/foo");
  const { text: said, lines } = verify.readNote(note.note);
  assert.deepEqual([said, lines.length], [note.text, 1]);
  await assert.rejects(verify.readKey(note.key.replace("530d", "530e")), fault(/copied wrongly/));
  await assert.rejects(verify.readKey("a+b"), fault(/reads/));
});

test("checkpoint and receipt of the log of three hundred", async () => {
  const key = await verify.readKey(log.key);
  const checkpoint = await verify.openCheckpoint(log.checkpoint, key);
  assert.equal(checkpoint.size, log.size);
  const entry = text("entry 257");
  const heard = [];
  const told = (step) => heard.push(step);
  const found = await verify.verifyReceipt(log.receipt_257, log.key, { entry, told });
  assert.deepEqual(heard, ["key", "form", "signature", "leaf", "path"]);
  assert.equal(found.receipt.index, 257);
  const wrong = verify.verifyReceipt(log.receipt_257, log.key, { entry: text("entry 258") });
  await assert.rejects(wrong, fault(/does not lead/));
  await assert.rejects(verify.verifyReceipt(log.receipt_257, log.key), fault(/entry's bytes/));
  for (const [from, to, words] of [
    ["\n300\n", "\n301\n", /signature/],
    ["index 257", "index 256", /does not lead/],
    ["index 257", "index 0257", /decimal/],
    ["index 257", "index 300", /not among/],
    ["tlog-proof@v1", "tlog-proof@v2", /begins with/],
  ]) {
    const bent = verify.verifyReceipt(log.receipt_257.replace(from, to), log.key, { entry });
    await assert.rejects(bent, fault(words));
  }
});

test("receipts that another program has made, and each of their hashes left out", async () => {
  assert.ok(proof.receipt.length > 1);
  for (const { index, text: receipt } of proof.receipt) {
    const entry = text(`entry ${index}`);
    const { steps } = await verify.verifyReceipt(receipt, proof.log.key, { entry });
    const lines = receipt.split("\n");
    const first = lines.findIndex((line) => line.startsWith("index ")) + 1;
    for (const at of steps.keys()) {
      const less = lines.toSpliced(first + at, 1).join("\n");
      const shorter = verify.verifyReceipt(less, proof.log.key, { entry });
      await assert.rejects(shorter, verify.Fault, `${index}`);
    }
    const more = lines.toSpliced(first, 0, verify.encode64(new Uint8Array(32))).join("\n");
    await assert.rejects(verify.verifyReceipt(more, proof.log.key, { entry }), verify.Fault);
    await assert.rejects(verify.verifyReceipt(receipt, log.key, { entry }), fault(/it is of/));
  }
});

test("a cosignature is that of its witness", async () => {
  for (const own of proof.cosignature.filter(({ algorithm }) => algorithm === "ed25519")) {
    const key = await verify.readKey(own.key);
    const { lines } = verify.readNote(`${own.text}\n${own.line}`);
    const found = await verify.cosigned({ text: own.text, lines }, [key]);
    assert.deepEqual(found, [{ name: own.name, time: own.time_s }]);
    const other = { text: `x${own.text}`, lines };
    await assert.rejects(verify.cosigned(other, [key]), fault(/is wrong/));
  }
});

/** The files of the vectors' log, made anew. */
async function files() {
  const made = new Map([["checkpoint", text(log.checkpoint)]]);
  for (const [number, width] of [[0, 256], [1, 44]]) {
    const entries = Array.from({ length: width }, (_, at) => text(`entry ${number * 256 + at}`));
    const framed = entries.flatMap((own) => [own.length >> 8, own.length & 255, ...own]);
    const hashes = await Promise.all(entries.map(verify.leafHash));
    made.set(`tile/entries/${verify.tilePath(number, width)}`, Uint8Array.from(framed));
    const tile = Uint8Array.from(hashes.flatMap((own) => [...own]));
    made.set(`tile/0/${verify.tilePath(number, width)}`, tile);
  }
  return made;
}

test("a whole log leads to its root, and any bent byte of it does not", async () => {
  const made = await files();
  const read = (from) => async (path) => from.get(path) ?? null;
  const done = [];
  const found = await verify.verifyLog(read(made), log.key, {
    progress: (entries, all) => done.push([entries, all]),
  });
  assert.equal(found.checkpoint.size, 300);
  assert.deepEqual(done, [[256, 300], [300, 300]]);
  const root = verify.hex(found.root);
  const known = (size, own) =>
    verify.verifyLog(read(made), log.key, { known: { size, root: own } });
  assert.ok(await known(300, root));
  const rewritten = await known(299, root).catch((error) => error);
  assert.ok(fault(/rewritten/)(rewritten));
  assert.deepEqual([rewritten.code, rewritten.gaps], ["fault-rewritten", { size: 299 }]);
  await assert.rejects(known(301, root), fault(/was cut/));
  for (const name of made.keys()) {
    const bent = new Map(made);
    const own = made.get(name).slice();
    own[own.length - (name === "checkpoint" ? 10 : 1)] ^= 1;
    bent.set(name, own);
    await assert.rejects(verify.verifyLog(read(bent), log.key), verify.Fault, name);
    bent.delete(name);
    await assert.rejects(verify.verifyLog(read(bent), log.key), fault(/missing|no checkpoint/));
  }
  assert.equal(await verify.verifyLog(read(made), log.key, { stopped: () => true }), null);
});

test("a partial tile that is gone is the beginning of the full one", async () => {
  const made = await files();
  for (const folder of ["tile/entries/", "tile/0/"]) {
    const own = made.get(`${folder}001.p/44`);
    made.delete(`${folder}001.p/44`);
    const more = folder === "tile/0/" ? new Uint8Array(32) : Uint8Array.of(0, 1, 7);
    made.set(`${folder}001`, Uint8Array.from([...own, ...more]));
  }
  assert.ok(await verify.verifyLog(async (path) => made.get(path) ?? null, log.key));
});

test("a graph is enlarged around the pointer and never lost", () => {
  const whole = { width: 1000, height: 500 };
  const box = { x: 0, y: 0, width: 500, height: 250 };
  const near = moved(box, whole, { by: 2, at: [0, 0] });
  assert.deepEqual(near, { x: 0, y: 0, width: 250, height: 125 });
  const far = moved(box, whole, { dx: 100, dy: -100 });
  assert.deepEqual([far.x, far.y], [1000, -250]);
  assert.equal(moved(box, whole, { by: 1e-9 }).width, 2000);
});
