// Checks a log by its bytes alone, with what the browser has: docs/spec/log.md, sections 2 to 4
// and 11.
// The same functions run in any program with WebCrypto; nothing here asks the node's API.

const encoder = new TextEncoder();
const WIDTH = 256;
const ED25519 = 1;
const COSIGNED = 4;

/** What can be found not to be so, in English; a page says it in its language by its code. */
const FAULTS = {
  "fault-base64": "what should be base64 is none",
  "fault-base64-bits": "base64 has bits that belong to no byte",
  "fault-decimal": "`{text}` is no plain decimal number",
  "fault-too-large": "{text} is beyond what can be counted here",
  "fault-hash": "`{text}` is not the base64 of 32 bytes",
  "fault-key-form": "a key reads `name+id+base64`",
  "fault-key-type": "only Ed25519 keys are checked here",
  "fault-key-length": "an Ed25519 key has 32 bytes",
  "fault-key-id": "the key's id is {found}, not {id}: it was copied wrongly",
  "fault-note": "it is no signed note",
  "fault-line": "a signature line reads `— name base64`",
  "fault-line-short": "a signature line has too few bytes",
  "fault-checkpoint": "a checkpoint has three lines and no others",
  "fault-origin": "it is of `{origin}`, and the key is of `{name}`",
  "fault-unsigned": "no line of it is by the key",
  "fault-signature-length": "an Ed25519 signature has 64 bytes",
  "fault-signature": "the signature is not that of the key over these three lines",
  "fault-cosignature-form": "the line of {name} is no Ed25519 cosignature",
  "fault-cosignature": "the cosignature of {name} is wrong",
  "fault-blank": "an empty line must stand before the checkpoint",
  "fault-first-line": "a receipt begins with `c2sp.org/tlog-proof@v1`",
  "fault-index": "a receipt has a line `index`",
  "fault-beyond": "entry {index} is not among {size}",
  "fault-path-long": "the path has more hashes than the tree has levels",
  "fault-path-short": "the path has fewer hashes than the tree has levels",
  "fault-no-entry": "it does not hold the entry's bytes",
  "fault-path": "the path does not lead from the entry to the signed root",
  "fault-bundle-end": "a bundle ends before its last entry",
  "fault-bundle-cut": "a bundle ends within an entry",
  "fault-no-checkpoint": "there is no checkpoint",
  "fault-cut":
    "this browser has seen {known} entries before, and now there are {size}: the log was cut",
  "fault-root": "the entries do not lead to the signed root",
  "fault-rewritten":
    "the first {size} entries are not those that this browser saw before: the log was rewritten",
  "fault-missing": "bundle or tile {number} is missing",
  "fault-bundle-rest": "something follows the last entry of bundle {number}",
  "fault-tile": "tile {number} does not hold the hash of entry {entry}",
};

/** What was checked is not so; `message` says why in English, `code` and `gaps` for a page. */
export class Fault extends Error {
  constructor(code, gaps) {
    super(FAULTS[code].replace(/\{(\w+)\}/g, (whole, name) => gaps[name] ?? whole));
    this.code = code;
    this.gaps = gaps;
  }
}

function holds(condition, code, gaps = {}) {
  if (!condition) throw new Fault(code, gaps);
}

/** SHA-256 of some bytes in a row. @param {...Uint8Array} parts */
export async function sha256(...parts) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", all));
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The hash of an entry in the tree (RFC 6962, 2.1). */
export function leafHash(entry) {
  return sha256(LEAF, entry);
}

/** The hash above two others. */
export function nodeHash(left, right) {
  return sha256(NODE, left, right);
}

/** Whether two byte strings are the same. */
export function same(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Bytes of standard base64; anything else is refused. */
export function decode64(text) {
  const plain = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
  holds(plain.test(text), "fault-base64");
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  holds(encode64(bytes) === text, "fault-base64-bits");
  return bytes;
}

/** Standard base64 of bytes. */
export function encode64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function decimal(text = "") {
  holds(/^(?:0|[1-9][0-9]{0,15})$/.test(text), "fault-decimal", { text });
  const number = Number(text);
  holds(Number.isSafeInteger(number), "fault-too-large", { text });
  return number;
}

function hash(text = "") {
  const bytes = decode64(text);
  holds(bytes.length === 32, "fault-hash", { text });
  return bytes;
}

/** A verifier key, `name+id+base64`: its name, id, type and public key. */
export async function readKey(text) {
  const [name, id, ...rest] = text.trim().split("+");
  holds(name && id && rest.length > 0, "fault-key-form");
  const typed = decode64(rest.join("+"));
  const [type, publicKey] = [typed[0], typed.slice(1)];
  holds(type === ED25519 || type === COSIGNED, "fault-key-type");
  holds(publicKey.length === 32, "fault-key-length");
  const found = await sha256(encoder.encode(`${name}\n`), typed);
  const own = found.slice(0, 4);
  holds(hex(own) === id, "fault-key-id", { found: hex(own), id });
  return { name, id: own, type, publicKey };
}

/** Hex digits of bytes. */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A signed note taken apart: its text, and its signature lines; nothing is verified. */
export function readNote(note) {
  const blank = note.lastIndexOf("\n\n");
  holds(blank >= 0 && note.endsWith("\n"), "fault-note");
  const text = note.slice(0, blank + 1);
  const lines = note.slice(blank + 2, -1).split("\n").map((line) => {
    const found = /^\u2014 (\S+) (\S+)$/.exec(line);
    holds(found, "fault-line");
    const bytes = decode64(found[2]);
    holds(bytes.length > 4, "fault-line-short");
    return { name: found[1], id: bytes.slice(0, 4), signature: bytes.slice(4) };
  });
  return { text, lines };
}

const isOf = (line, key) => line.name === key.name && same(line.id, key.id);

async function verified(key, signature, message) {
  const imported = await crypto.subtle.importKey(
    "raw", key.publicKey, { name: "Ed25519" }, false, ["verify"],
  );
  return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message);
}

/** Origin, size and root of a checkpoint that this key has signed under its own name. */
export async function openCheckpoint(note, key) {
  const { text, lines } = readNote(note);
  const [origin, size, root, ...rest] = text.split("\n");
  holds(rest.length === 1 && rest[0] === "", "fault-checkpoint");
  holds(origin === key.name, "fault-origin", { origin, name: key.name });
  const own = lines.filter((line) => isOf(line, key));
  holds(own.length > 0, "fault-unsigned");
  for (const line of own) {
    holds(line.signature.length === 64, "fault-signature-length");
    const good = await verified(key, line.signature, encoder.encode(text));
    holds(good, "fault-signature");
  }
  return { origin, size: decimal(size), root: hash(root), text, lines };
}

/** Which of these witnesses have cosigned a checkpoint, and when, in seconds. */
export async function cosigned(checkpoint, witnesses) {
  const found = [];
  for (const key of witnesses) {
    for (const line of checkpoint.lines.filter((own) => isOf(own, key))) {
      const { name } = key;
      holds(line.signature.length === 72, "fault-cosignature-form", { name });
      const time = new DataView(line.signature.buffer, line.signature.byteOffset).getBigUint64(0);
      const message = encoder.encode(`cosignature/v1\ntime ${time}\n${checkpoint.text}`);
      const good = await verified(key, line.signature.slice(8), message);
      holds(good, "fault-cosignature", { name });
      found.push({ name, time: Number(time) });
    }
  }
  return found;
}

/** A receipt, `c2sp.org/tlog-proof@v1`, taken apart; nothing is verified. */
export function readReceipt(text) {
  const plain = text.replaceAll("\r\n", "\n");
  const blank = plain.indexOf("\n\n");
  holds(blank >= 0, "fault-blank");
  const lines = plain.slice(0, blank).split("\n");
  holds(lines.shift() === "c2sp.org/tlog-proof@v1", "fault-first-line");
  const extra = lines[0]?.startsWith("extra ") ? decode64(lines.shift().slice(6)) : null;
  holds(lines[0]?.startsWith("index "), "fault-index");
  const index = decimal(lines.shift().slice(6));
  const path = lines.map((line) => hash(line));
  return { extra, index, path, checkpoint: plain.slice(blank + 2) };
}

/**
 * The way from a leaf up, hash by hash (RFC 9162, 2.1.3.2); throws where the path is too long or
 * too short. Each step says on which side the other hash stands.
 */
export async function climb(leaf, index, size, path) {
  holds(index < size, "fault-beyond", { index, size });
  const steps = [];
  let [own, place, last] = [leaf, index, size - 1];
  for (const other of path) {
    holds(last > 0, "fault-path-long");
    const left = place % 2 === 1 || place === last;
    own = left ? await nodeHash(other, own) : await nodeHash(own, other);
    steps.push({ left, other, own });
    if (left) {
      while (place % 2 === 0 && place !== 0) [place, last] = [place / 2, Math.floor(last / 2)];
    }
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  holds(last === 0, "fault-path-short");
  return { root: own, steps };
}

/** Checks a receipt from its text alone; `told` hears each step that holds, with its numbers. */
export async function verifyReceipt(text, keyText, more = {}) {
  const { entry, witnesses = [], told = () => {} } = more;
  const key = await readKey(keyText);
  told("key", { name: key.name });
  const receipt = readReceipt(text);
  const bytes = entry ?? receipt.extra;
  holds(bytes, "fault-no-entry");
  told("form", { index: receipt.index, bytes: bytes.length });
  const checkpoint = await openCheckpoint(receipt.checkpoint, key);
  told("signature", { size: checkpoint.size });
  const seen = await cosigned(checkpoint, witnesses);
  for (const { name, time } of seen) told("witness", { name, at_ms: time * 1000 });
  const leaf = await leafHash(bytes);
  told("leaf", { hash: hex(leaf) });
  const { root, steps } = await climb(leaf, receipt.index, checkpoint.size, receipt.path);
  holds(same(root, checkpoint.root), "fault-path");
  told("path", { steps: steps.length, root: hex(root) });
  return { receipt, checkpoint, leaf, steps, entry: bytes, witnesses: seen };
}

/** The roots of whole subtrees from left to right, as RFC 6962 joins them. */
export class Frontier {
  constructor(parts = []) {
    this.parts = parts;
  }

  /** Adds a whole subtree of `size` leaves, a power of two that the size so far divides. */
  async add(size, own) {
    let part = { size, own };
    while (this.parts.at(-1)?.size === part.size) {
      const left = this.parts.pop();
      part = { size: 2 * part.size, own: await nodeHash(left.own, part.own) };
    }
    this.parts.push(part);
  }

  copy() {
    return new Frontier([...this.parts]);
  }

  async root() {
    if (this.parts.length === 0) return sha256();
    let own = this.parts.at(-1).own;
    for (const part of this.parts.slice(0, -1).reverse()) own = await nodeHash(part.own, own);
    return own;
  }
}

/** The path of a tile's number and width below its level (c2sp.org/tlog-tiles). */
export function tilePath(number, width) {
  const digits = String(number).padStart(3, "0");
  const whole = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = whole.match(/.{3}/g);
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
  return width === WIDTH ? path : `${path}.p/${width}`;
}

/** The entries of a bundle: each a length of two bytes, big end first, and so many bytes. */
export function readBundle(bytes, width) {
  const entries = [];
  let at = 0;
  while (entries.length < width) {
    holds(at + 2 <= bytes.length, "fault-bundle-end");
    const length = bytes[at] * 256 + bytes[at + 1];
    holds(at + 2 + length <= bytes.length, "fault-bundle-cut");
    entries.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return { entries, rest: bytes.length - at };
}

async function above(hashes) {
  let level = hashes;
  while (level.length > 1) {
    const pairs = [];
    for (let at = 0; at < level.length; at += 2) pairs.push(nodeHash(level[at], level[at + 1]));
    level = await Promise.all(pairs);
  }
  return level[0];
}

/** A tile file; a partial one that is gone is read as the beginning of the full one. */
async function tileFile(read, folder, number, width) {
  const bytes = await read(`${folder}${tilePath(number, width)}`);
  if (bytes || width === WIDTH) return { bytes, partial: false };
  return { bytes: await read(`${folder}${tilePath(number, WIDTH)}`), partial: true };
}

/**
 * Reads every entry and every leaf tile of a log and computes its root again.
 * @param {(path: string) => Promise<Uint8Array | null>} read bytes of a file below `log/`
 * @param {string} keyText the log's verifier key
 * @param {{witnesses?: object[], known?: {size: number, root: string}, told?: Function,
 *   progress?: (done: number, all: number, bytes: number) => void, stopped?: () => boolean}} more
 */
export async function verifyLog(read, keyText, more = {}) {
  const { witnesses = [], known, told = () => {}, progress = () => {} } = more;
  const key = await readKey(keyText);
  told("key", { name: key.name });
  const note = await read("checkpoint");
  holds(note, "fault-no-checkpoint");
  const checkpoint = await openCheckpoint(new TextDecoder().decode(note), key);
  told("signature", { size: checkpoint.size });
  const seen = await cosigned(checkpoint, witnesses);
  for (const { name, time } of seen) told("witness", { name, at_ms: time * 1000 });
  const { size } = checkpoint;
  holds(!known || known.size <= size, "fault-cut", { known: known?.size, size });
  const frontier = new Frontier();
  let [bytes, before] = [0, null];
  for (let number = 0; number * WIDTH < size; number += 1) {
    if (more.stopped?.()) return null;
    const first = number * WIDTH;
    const width = Math.min(WIDTH, size - first);
    const leaves = await block(read, number, width);
    bytes += leaves.bytes;
    if (known && known.size > first && known.size <= first + width) {
      before = await rootAt(frontier, leaves.hashes.slice(0, known.size - first));
    }
    if (width === WIDTH) await frontier.add(WIDTH, await above(leaves.hashes));
    else for (const leaf of leaves.hashes) await frontier.add(1, leaf);
    progress(first + width, size, bytes);
  }
  told("entries", { size, bytes });
  const root = await frontier.root();
  holds(same(root, checkpoint.root), "fault-root");
  told("root", { root: hex(root) });
  if (known?.size > 0) {
    const kept = before && hex(before) === known.root;
    holds(kept, "fault-rewritten", { size: known.size });
    told("known", { size: known.size });
  }
  return { checkpoint, root, bytes, witnesses: seen };
}

/** Hashes of the entries of one bundle, held against the tile beside it. */
async function block(read, number, width) {
  const [bundle, tile] = await Promise.all([
    tileFile(read, "tile/entries/", number, width),
    tileFile(read, "tile/0/", number, width),
  ]);
  holds(bundle.bytes && tile.bytes, "fault-missing", { number });
  const { entries, rest } = readBundle(bundle.bytes, width);
  holds(bundle.partial || rest === 0, "fault-bundle-rest", { number });
  const hashes = await Promise.all(entries.map(leafHash));
  for (const [at, own] of hashes.entries()) {
    const stored = tile.bytes.subarray(32 * at, 32 * (at + 1));
    holds(same(own, stored), "fault-tile", { number, entry: number * WIDTH + at });
  }
  return { hashes, bytes: bundle.bytes.length };
}

async function rootAt(frontier, leaves) {
  const copy = frontier.copy();
  for (const leaf of leaves) await copy.add(1, leaf);
  return copy.root();
}
