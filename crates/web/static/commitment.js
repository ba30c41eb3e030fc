// Salted commitments and the bytes that a session key signs: docs/spec/entry.md.

import { bigEndian, concat, encode } from "./cbor.js";

const BODY_BYTES = 256;
const text = (words) => new TextEncoder().encode(words);

/** SHA-256 over parts in a row. @param {Uint8Array[]} parts */
export async function sha256(parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(parts)));
}

/** Fresh random bytes. */
export function salt() {
  return crypto.getRandomValues(new Uint8Array(32));
}

function padded(bytes) {
  const body = new Uint8Array(Math.max(BODY_BYTES, bytes.length));
  body.set(bytes);
  return body;
}

/**
 * Hides an answer in its place.
 * @param {{space: Uint8Array, account: number, nonce: number, field: number}} place
 * @param {{unit: number, label: number, salt: Uint8Array, text?: string}} opening
 */
export async function answer(place, opening) {
  const body = [opening.unit, opening.label];
  if (opening.text !== undefined) body.push(await sha256([text(opening.text)]));
  return sha256([
    text("headwater/answer/v1\0"),
    place.space,
    bigEndian(place.account, 4),
    bigEndian(place.nonce, 8),
    bigEndian(place.field, 2),
    opening.salt,
    padded(encode(body)),
  ]);
}

/**
 * Hides the wallet behind a session key.
 * @param {Uint8Array} space
 * @param {Uint8Array} key
 * @param {{wallet: Uint8Array, delegation: Uint8Array, salt: Uint8Array}} binding
 */
export async function binding(space, key, { wallet, delegation, salt: own }) {
  return hidden("headwater/binding/v1\0", [space, key, own], [wallet, delegation]);
}

/** Hides a value behind a domain and whatever it belongs to. */
export function hidden(domain, parts, value) {
  return sha256([text(domain), ...parts, padded(encode(value))]);
}

/**
 * Hides what somebody says beside an appeal or a verdict.
 * @param {{space: Uint8Array, account: number, nonce: number}} place
 * @param {{text: string, salt: Uint8Array}} said
 */
export async function statement(place, said) {
  return sha256([
    text("headwater/statement/v1\0"),
    place.space,
    bigEndian(place.account, 4),
    bigEndian(place.nonce, 8),
    said.salt,
    text(said.text),
  ]);
}

/** The private body of `OpenAccount`. */
export function bindingBody({ wallet, delegation, salt: own }) {
  return encode(
    new Map([
      [0, wallet],
      [1, delegation],
      [2, own],
    ]),
  );
}

/** An opening as it stands in a private body. */
export function openingValue({ unit, label, salt: own, text: words }) {
  return new Map([
    [0, unit],
    [1, label],
    [2, own],
    [3, words],
  ]);
}

/**
 * A submission's encoding.
 * @param {{space: Uint8Array, account?: number, key: Uint8Array, nonce: number, command: unknown,
 *   hidden?: Uint8Array}} parts
 */
export function submission({ space, account, key, nonce, command, hidden }) {
  return encode(
    new Map([
      [0, space],
      [1, account],
      [2, key],
      [3, nonce],
      [4, command],
      [5, hidden],
    ]),
  );
}

/** What a session key signs of a submission. @param {Uint8Array} encoded */
export function signingBytes(encoded) {
  return concat([text("headwater/submission/v1\0"), encoded]);
}

/** A command with its fields, as `[number, [map]]`. */
export function command(number, fields) {
  return [number, [new Map(fields)]];
}
