// The browser's session key: made here, never leaves it, and signs submissions.

import { Raw, encode, fromHex, toBase64 } from "./cbor.js";
import * as commitment from "./commitment.js";
import { ask, why as meaning } from "./api.js";
import * as passkey from "./passkey.js";
import { word } from "./words.js";

const STORE = "keys";
/** Answer units, open campaigns, register assets, buy licences: what these pages can do. */
export const SCOPE = { bits: 15, words: "work request publish spend" };
const DAYS = 180;

/** Why nothing can be signed here, in words; null where it can. */
export function obstacle() {
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) {
    return word("insecure");
  }
  return null;
}

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("headwater", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function stored(mode, work) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const request = work(database.transaction(STORE, mode).objectStore(STORE));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } finally {
    database.close();
  }
}

const place = (space, holder) => `${space}:${holder.toLowerCase()}`;

/** What is kept for a holder on a log, by wallet or passkey: `{pair, key, binding?, passkey?,
 * guest?}`. */
export function known(space, holder) {
  return stored("readonly", (store) => store.get(place(space, holder)));
}

/** Keeps it. */
export function keep(space, holder, record) {
  return stored("readwrite", (store) => store.put(record, place(space, holder)));
}

/** A fresh key that no script can read. */
export async function fresh() {
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
  const key = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const seconds = Math.floor(Date.now() / 1000) + DAYS * 86_400;
  return { pair, key, seconds };
}

let last = 0;

/** Later than all before from this browser, and hardly ever that of another tab. */
export function nextNonce() {
  last = Math.max(last + 1, Date.now() * 1000 + Math.floor(Math.random() * 1000));
  return last;
}

/** Signs a command: the base64 that `POST /api/v1/submit` takes. */
export async function sign(record, parts) {
  const encoded = commitment.submission({ key: record.key, ...parts });
  const bytes = commitment.signingBytes(encoded);
  const signature = await crypto.subtle.sign({ name: "Ed25519" }, record.pair.privateKey, bytes);
  const signed = new Map([
    [0, new Raw(encoded)],
    [1, new Uint8Array(signature)],
  ]);
  return toBase64(encode(signed));
}

/** The entry that opens an account: `{signed, body}` in base64, for the login. */
export async function opening(record, space) {
  const { key, binding, passkey: own } = record;
  const hidden = own
    ? await passkey.binding(space, key, own)
    : await commitment.binding(space, key, binding);
  const fields = [
    [0, SCOPE.bits],
    [1, record.seconds * 1000],
  ];
  const signed = await sign(record, {
    space,
    nonce: nextNonce(),
    command: commitment.command(1, fields),
    hidden,
  });
  const body = own ? passkey.body(own) : commitment.bindingBody(binding);
  return { signed, body: toBase64(body) };
}

/** Who signs here: throws in words where this browser has no key of the account. */
export async function signer() {
  const why = obstacle();
  if (why) throw new Error(why);
  const [me, about] = await Promise.all([ask("GET", "/api/v1/me"), ask("GET", "/api/v1/space")]);
  const record = me.holder ? await known(about.space, me.holder) : undefined;
  if (me.account === null) throw new Error(word("no-account"));
  if (!record) {
    throw new Error(word("no-key"));
  }
  return { me, about, record, space: fromHex(about.space), account: me.account };
}

/**
 * Hands one signed entry in. Returns where it stands; throws what the log says against it.
 * @param {{signed: string, body?: string}} entry
 */
export async function hand(entry) {
  const { answers } = await ask("POST", "/api/v1/submit", [entry]);
  const [answer] = answers;
  if (answer.index === undefined) {
    const refused = new Error(await meaning(answer.code, answer.message));
    refused.code = answer.code;
    throw refused;
  }
  return answer;
}

/** Hands an entry in, and waits until what is read here knows of it. */
export async function submit(entry) {
  const answer = await hand(entry);
  await ask("GET", `/api/v1/accounts/0?at_least=${answer.index}&wait=10000`);
  return answer;
}
