// Answers of a contributor: sealed, sent in order, kept while there is no connection, undone.

import { Offline } from "./api.js";
import { encode, fromHex, toBase64, toHex } from "./cbor.js";
import * as commitment from "./commitment.js";
import * as sign from "./sign.js";

const AGAIN_MS = 3000;
const KEY_GONE = new Set(["key_revoked", "key_expired", "unknown_key"]);

/** What was sealed and is not in the log yet. It is kept in the browser, so that a page that is
 * closed loses nothing; the same entry sent twice is one entry. */
export class Outbox {
  /**
   * @param {string} name of the place where it is kept
   * @param {(waiting: number, offline: boolean) => void} changed
   * @param {(item: {task: number, again?: boolean}, error: Error) => void} refused
   * @param {(waiting: number, error: Error) => void} keyless the key signs nothing more
   */
  constructor(name, changed, refused, keyless) {
    this.name = name;
    this.changed = changed;
    this.refused = refused;
    this.keyless = keyless;
    this.waiting = JSON.parse(localStorage.getItem(name) ?? "[]");
    this.entries = new Map();
    this.waiters = [];
    this.running = false;
    addEventListener("online", () => this.run());
  }

  /** Tasks that it holds answers of. */
  tasks() {
    return this.waiting.map((item) => item.task);
  }

  /** Puts a signed entry at the end and sends what there is. */
  push(item) {
    this.waiting.push(item);
    this.save();
    this.run();
  }

  save() {
    localStorage.setItem(this.name, JSON.stringify(this.waiting));
  }

  /** Signs what another key of this browser has signed and could not send. */
  async signAgain(own) {
    const key = toHex(own.record.key);
    // What an earlier version of this page has kept goes as it was signed.
    for (const item of this.waiting.filter((kept) => kept.parts && kept.key !== key)) {
      item.signed = await signed(own, item.nonce, item.parts);
      item.key = key;
    }
    this.save();
  }

  /** Resolves once all is in the log. */
  empty() {
    if (this.waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  async run() {
    if (this.running) return;
    this.running = true;
    try {
      while (this.waiting.length > 0) {
        this.changed(this.waiting.length, false);
        const [item] = this.waiting;
        try {
          const { index } = await sign.hand({ signed: item.signed, body: item.body });
          this.entries.set(item.nonce, index);
        } catch (error) {
          if (error instanceof Offline || error.status >= 500 || error.status === 429) {
            this.changed(this.waiting.length, true);
            setTimeout(() => this.run(), AGAIN_MS);
            return;
          }
          if (KEY_GONE.has(error.code)) {
            // Nothing that was typed is lost: another key of the account signs it again.
            this.keyless(this.waiting.length, error);
            return;
          }
          this.refused(item, error);
        }
        this.waiting.shift();
        this.save();
      }
      this.changed(0, false);
      for (const resolve of this.waiters.splice(0)) resolve();
    } finally {
      this.running = false;
    }
  }
}

/**
 * Seals the answers to one task: one for each of its units.
 * @returns what an undo needs, and the entry for the outbox
 */
export async function seal(own, campaign, task, answers) {
  const nonce = sign.nextNonce();
  const openings = [];
  const hidden = [];
  for (const [field, { unit, label, text }] of answers.entries()) {
    const opening = { unit, label, salt: commitment.salt(), text };
    const place = { space: own.space, account: own.account, nonce, field };
    hidden.push(await commitment.answer(place, opening));
    openings.push(opening);
  }
  const parts = { number: 6, fields: [campaign, hidden.map(toHex)] };
  const body = toBase64(encode(openings.map(commitment.openingValue)));
  const item = { task, nonce, parts, ...await signedBy(own, nonce, parts), body };
  return { task, nonce, openings, item };
}

/** A command as it can be kept: numbers, and hashes in hex digits. */
function signed(own, nonce, { number, fields }) {
  const bytes = (value) => (typeof value === "string" ? fromHex(value) : value);
  const values = fields.map((value) => (Array.isArray(value) ? value.map(bytes) : bytes(value)));
  const command = commitment.command(number, [...values.entries()]);
  return sign.sign(own.record, { ...own, nonce, command });
}

async function signedBy(own, nonce, parts) {
  return { key: toHex(own.record.key), signed: await signed(own, nonce, parts) };
}

/** Puts other answers in the place of sealed ones; returns entries for the outbox. */
export async function replace(own, campaign, sealed, entry, answers) {
  const items = [];
  for (const [field, { label, text }] of answers.entries()) {
    const old = sealed.openings[field];
    if (old.label === label && old.text === text) continue;
    const opening = { unit: old.unit, label, salt: commitment.salt(), text };
    const place = { space: own.space, account: own.account, nonce: sealed.nonce, field };
    const hidden = toHex(await commitment.answer(place, opening));
    const parts = { number: 29, fields: [campaign, entry, field, hidden] };
    const nonce = sign.nextNonce();
    const body = toBase64(encode([opening, old].map(commitment.openingValue)));
    const made = await signedBy(own, nonce, parts);
    items.push({ task: sealed.task, nonce, parts, ...made, body, again: true });
    sealed.openings[field] = opening;
  }
  return items;
}

