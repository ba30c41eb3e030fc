// People without a browser who fill a node through its API: guests who sign what the pages sign.

import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes, sign as signBytes } from "node:crypto";
import { Agent, request } from "node:http";

import { Raw, encode, fromBase64, fromHex } from "../../crates/web/static/cbor.js";
import * as commitment from "../../crates/web/static/commitment.js";

/** Answer units, open campaigns, register assets, buy licences: what a guest's key may do. */
const SCOPE = 15;
const DAYS = 30;
const [OPEN_ACCOUNT, SEAL_ANSWERS] = [1, 6];
/** Tasks that one account holds at a time. */
const HELD = 10;
const LOOK_MS = 200;
const JSON_TYPE = "application/json";

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** One request over a connection that stays open: `{status, headers, body}`. */
export function send(agent, url, { method = "GET", headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method, headers }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => resolve({
        status: response.statusCode, headers: response.headers, body: Buffer.concat(parts),
      }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** A guest of a node that has a faucet, with a session, an account and a key. */
export class Member {
  /** `number` draws the address that a proxy would name, since logins are limited by address. */
  static async join(url, number) {
    const own = new Member();
    Object.assign(own, { url, agent: new Agent({ keepAlive: true, maxSockets: 4 }), nonce: 0 });
    const address = [10, number >> 16 & 255, number >> 8 & 255, number & 255].join(".");
    own.from = { "x-forwarded-for": address };
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    own.secret = privateKey;
    own.key = fromBase64(publicKey.export({ format: "jwk" }).x.replaceAll("-", "+")
      .replaceAll("_", "/"));
    own.space = fromHex((await own.ask("GET", "/api/v1/space")).space);
    const seconds = Math.floor(Date.now() / 1000) + DAYS * 86_400;
    const hex = Buffer.from(own.key).toString("hex");
    const entered = await own.raw("POST", "/api/v1/login/guest", {
      type: JSON_TYPE, body: JSON.stringify({ key: hex, scope: SCOPE, expires_s: seconds }),
    });
    const guest = JSON.parse(entered.body);
    const [, session] = /(?:^|,)hw=([^;]+)/.exec(entered.headers["set-cookie"].join(","));
    own.session = session;
    const cookie = `hw=${session}`;
    own.headers = { cookie, "hw-csrf": guest.csrf, "sec-fetch-site": "same-origin" };
    const binding = {
      wallet: fromHex(guest.wallet),
      delegation: fromHex(guest.delegation),
      salt: commitment.salt(),
    };
    const hidden = await commitment.binding(own.space, own.key, binding);
    const command = commitment.command(OPEN_ACCOUNT, [[0, SCOPE], [1, seconds * 1000]]);
    const opened = await own.ask("POST", "/api/v1/me/account", {
      signed: Buffer.from(own.signed(command, hidden)).toString("base64"),
      body: Buffer.from(commitment.bindingBody(binding)).toString("base64"),
    });
    assert.notEqual(opened.account, null, JSON.stringify(opened));
    own.account = opened.account;
    return own;
  }

  /** A request in this session, once more where it came too often; other errors are errors. */
  async raw(method, path, { type, body } = {}) {
    const kind = type ? { "content-type": type, "content-length": Buffer.byteLength(body) } : {};
    const headers = { ...this.from, ...this.headers, ...kind };
    const answer = await send(this.agent, this.url + path, { method, headers, body });
    if (answer.status === 429) {
      await pause(Number(answer.headers["retry-after"] ?? 1) * 1000);
      return this.raw(method, path, { type, body });
    }
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return answer;
  }

  /** The same in JSON. */
  async ask(method, path, value) {
    const body = value === undefined ? {} : { type: JSON_TYPE, body: JSON.stringify(value) };
    const answer = await this.raw(method, path, body);
    return answer.body.length ? JSON.parse(answer.body) : null;
  }

  /** The bytes of a signed command. */
  signed(command, hidden, nonce = this.next()) {
    const { space, account, key } = this;
    const encoded = commitment.submission({ space, account, key, nonce, command, hidden });
    const signature = signBytes(null, commitment.signingBytes(encoded), this.secret);
    return encode(new Map([[0, new Raw(encoded)], [1, new Uint8Array(signature)]]));
  }

  next() {
    this.nonce = Math.max(this.nonce + 1, Date.now() * 1000);
    return this.nonce;
  }

  /** Hands entries in, `{signed, body}` each; their places in the log. */
  async submit(entries) {
    const rows = entries.map(({ signed, body }) => new Map([[0, signed], [1, body]]));
    const body = Buffer.from(encode(rows));
    const sent = { type: "application/cbor", body };
    const { body: said } = await this.raw("POST", "/api/v1/submit", sent);
    return JSON.parse(said).answers.map((answer) => {
      assert.notEqual(answer.index, undefined, JSON.stringify(answer));
      return answer.index;
    });
  }

  /** The number of a deposit of test money, as much as the node gives at once. */
  async deposit() {
    this.fund ??= (await this.ask("POST", "/api/v1/me/deposits", {})).fund;
    return this.fund;
  }

  /** Opens a campaign over `{name, text, known?}`; its number once tasks are given out. */
  async open(settings, units) {
    const { id: plan } = await this.ask("POST", "/api/v1/plans", settings);
    const path = `/api/v1/plans/${plan}`;
    const body = units.map((unit) => JSON.stringify(unit)).join("\n");
    const query = `id=name&fields=text${units.some(({ known }) => known) ? "&known=known" : ""}`;
    await this.raw("PUT", `${path}/units?${query}`, { type: "application/x-ndjson", body });
    const { command } = await this.ask("POST", `${path}/prepare`, { fund: await this.deposit() });
    await this.submit([{ signed: this.signed(new Raw(fromBase64(command))) }]);
    for (;;) {
      const { campaign } = await this.ask("GET", path);
      if (campaign !== null) {
        const { tasks_wanted: wanted } = await this.ask("GET", `/api/v1/campaigns/${campaign}`);
        if (wanted > 0) return campaign;
      }
      await pause(LOOK_MS);
    }
  }

  /**
   * Answers what is held at a time, an entry for each task; how many, 0 where nothing is left.
   * `label` says the class of a unit by its place in the campaign.
   */
  async turn(campaign, label) {
    const path = `/api/v1/campaigns/${campaign}/leases`;
    const { tasks } = await this.ask("POST", path, { count: HELD }).catch((error) => {
      if (String(error).includes('"no_round"')) return { tasks: [] };
      throw error;
    });
    const entries = await Promise.all(tasks.map(async ({ task, units }) => {
      const nonce = this.next();
      const openings = units.map(({ unit }) => (
        { unit, label: label(task), salt: new Uint8Array(randomBytes(32)) }));
      const places = openings.map((opening, field) => commitment.answer(
        { space: this.space, account: this.account, nonce, field }, opening));
      const fields = [[0, campaign], [1, await Promise.all(places)]];
      const command = commitment.command(SEAL_ANSWERS, fields);
      const body = encode(openings.map(commitment.openingValue));
      return { signed: this.signed(command, undefined, nonce), body };
    }));
    if (entries.length) await this.submit(entries);
    return entries.length;
  }

  /** Puts bytes on the node; what they are known by. */
  async upload(bytes) {
    const type = "application/octet-stream";
    const { body } = await this.raw("PUT", "/api/v1/contents", { type, body: bytes });
    return JSON.parse(body).sha256;
  }

  /** Registers an asset; the place of the entry in the log. */
  async registers(draft) {
    const { command } = await this.ask("POST", "/api/v1/assets", draft);
    const [index] = await this.submit([{ signed: this.signed(new Raw(fromBase64(command))) }]);
    return index;
  }
}

/** So many people who have joined, with test money: work with hidden checks asks for a deposit. */
export async function crowd(url, count, first = 1) {
  const members = [];
  for (let number = first; number < first + count; number += 1) {
    const member = await Member.join(url, number);
    await member.deposit();
    members.push(member);
  }
  return members;
}

/**
 * Lets all of them work until `most` answers are given or nothing is left; how many were given.
 * `said` is told now and then.
 */
export async function works(members, campaign, { most, label, said = () => {} }) {
  let given = 0;
  await Promise.all(members.map(async (member, at) => {
    while (given < most) {
      const count = await member.turn(campaign, (task) => label(task, at));
      if (count === 0) return;
      const before = given;
      given += count;
      if (Math.floor(before / 50_000) < Math.floor(given / 50_000)) said(given);
    }
  }));
  return given;
}
