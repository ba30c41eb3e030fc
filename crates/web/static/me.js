// One's own page: passkeys, the payout address, browsers that sign, sessions, API keys.

import { ask, make, onClick, say } from "./api.js";
import { toHex } from "./cbor.js";
import { salt } from "./commitment.js";
import * as keys from "./keys.js";
import * as passkey from "./passkey.js";
import * as sign from "./sign.js";
import { sure } from "./ui.js";
import { time, word } from "./words.js";

const CALL_OFF = 41;
const at = (name) => document.querySelector(`#${name}`);
const status = at("status");
const date = (ms) => (ms ? time(ms) : word("common.never"));

const provider = keys.firstWallet();
let me = null;

/** A button that does something, says it, and shows the page anew; what cannot be undone asks. */
function act(words, done, work, asked) {
  const button = make("button", { type: "button" }, words);
  onClick(button, status, async () => {
    if (asked && !await sure({ ...asked, yes: words })) return;
    await work();
    await show();
    say(status, done, "good");
  });
  return button;
}

/** A row whose cells are told the heads of their columns, as the server does it. */
function row(table, cells, ...buttons) {
  const [first, ...rest] = cells;
  const heads = [...table.closest("table").querySelectorAll("thead th")];
  const label = (at) => heads[at]?.textContent || undefined;
  const line = make(
    "tr",
    {},
    make("th", { scope: "row" }, first),
    ...rest.map((cell, at) => make("td", { "data-label": label(at + 1) }, cell)),
    make("td", {}, ...buttons),
  );
  table.append(line);
}

async function passkeys() {
  const { passkeys: list } = await ask("GET", "/api/v1/me/passkeys");
  const table = at("passkeys");
  table.replaceChildren();
  for (const own of list) {
    const path = `/api/v1/me/passkeys/${own.id}`;
    const name = make("input", {
      type: "text",
      value: own.name,
      "aria-label": word("passkey-named", { id: own.id }),
      maxlength: 80,
    });
    const kept = own.backed_up ? word("synced") : word("this-device");
    row(
      table,
      [name, own.pays ? `${kept}, ${word("names-payout")}` : kept, date(own.used_ms)],
      act(word("rename"), word("renamed"), () => ask("PUT", path, { name: name.value })),
      act(word("common.remove"), word("removed"), () => ask("DELETE", path), {
        title: word("remove-passkey", { name: own.name }),
        words: word("remove-passkey-how"),
      }),
    );
  }
  at("no-passkeys").hidden = list.length > 0;
  return list;
}

function payout() {
  const { wallet: own, announced } = me.payout ?? {};
  at("paid-at").textContent = own ?? word("no-address");
  const notice = at("payout-notice");
  notice.hidden = !announced;
  if (announced) {
    const number = me.payout.number - 1;
    notice.replaceChildren(
      word("paid-from", { wallet: announced.wallet, time: date(announced.from_ms) }), " ",
      act(word("call-off"), word("called-off"), async () => {
        const signer = await sign.signer();
        const entry = { ...signer, nonce: sign.nextNonce(), command: [CALL_OFF, [number]] };
        await sign.submit({ signed: await sign.sign(signer.record, entry) });
      }),
    );
  }
  at("payout-form").hidden = Boolean(me.wallet) || me.account === null;
}

async function bind() {
  const address = at("payout-address").value.trim();
  if (!/^0x[0-9a-fA-F]{40}$/.test(address)) {
    throw new Error(word("address-form"));
  }
  const { wallet: spelled } = await ask("POST", "/api/v1/login/nonce", { wallet: address });
  if (address !== address.toLowerCase() && address !== spelled) {
    throw new Error(word("address-capitals"));
  }
  say(status, word("passkey-signs"));
  const own = await sign.signer();
  const command = await passkey.payout(own, await keys.paying(), address);
  const signed = await sign.sign(own.record, { ...own, nonce: sign.nextNonce(), command });
  await sign.submit({ signed });
  await show();
  say(status, word("passkey-signed"), "good");
}

async function addPasskey() {
  const challenge = await ask("POST", "/api/v1/login/nonce", {});
  const { passkeys: list } = await ask("GET", "/api/v1/me/passkeys");
  const name = at("passkey-name").value.trim() || word("passkey");
  const made = await passkey.create({
    challenge: challenge.nonce,
    party: challenge.party,
    handle: handle(),
    name,
    known: list.map((own) => own.credential),
  });
  const { authenticator, client } = made;
  await ask("POST", "/api/v1/me/passkeys", { authenticator, client, name });
  await show();
  say(status, word("added"), "good");
}

/** The same for all passkeys of somebody who has joined with one; a wallet's have one each. */
function handle() {
  const own = /^passkey:(.*)$/.exec(me.holder ?? "");
  return own ? Uint8Array.from(atob(own[1]), (letter) => letter.charCodeAt(0)) : salt();
}

async function signers() {
  const table = at("signers");
  table.replaceChildren();
  const about = await ask("GET", "/api/v1/space");
  const record = me.holder ? await sign.known(about.space, me.holder) : undefined;
  const here = record ? toHex(record.key) : null;
  const { signers: list } = me.account === null
    ? { signers: [] }
    : await ask("GET", "/api/v1/me/signers");
  for (const own of list) {
    const gone = own.revoked || own.expires_ms <= Date.now();
    const state = own.revoked ? word("revoked") : gone ? word("expired") : word("signs");
    row(
      table,
      [`${own.key.slice(0, 12)}…`, own.key === here ? word("this-browser") : "", state,
        date(own.expires_ms)],
      ...(gone ? [] : [act(word("revoke"), word("revoked-now"), () => keys.revoke(own.key), {
        title: word("revoke-key"),
        words: word("revoke-key-how"),
      })]),
    );
  }
  const good = list.filter((own) => !own.revoked && own.expires_ms > Date.now());
  const signs = good.some((own) => own.key === here);
  at("join").hidden = signs || me.account === null;
}

async function sessions() {
  const { sessions: list } = await ask("GET", "/api/v1/me/sessions");
  const table = at("sessions");
  table.replaceChildren();
  for (const own of list) {
    const path = `/api/v1/me/sessions/${own.id}`;
    row(
      table,
      [own.agent || word("unknown"), own.current ? word("this-one") : "", date(own.seen_ms)],
      ...(own.current ? [] : [act(word("end"), word("ended"), () => ask("DELETE", path))]),
    );
  }
}

async function apiKeys() {
  const { keys: list } = await ask("GET", "/api/v1/me/keys");
  const table = at("api-keys");
  table.replaceChildren();
  for (const own of list) {
    const path = `/api/v1/me/keys/${own.id}`;
    row(
      table,
      [own.name, `${own.begins}…`, own.writes ? word("reads-writes") : word("reads"),
        date(own.expires_ms)],
      act(word("revoke"), word("revoked-now"), () => ask("DELETE", path), {
        title: word("revoke-api-key", { name: own.name }),
        words: word("revoke-api-key-how"),
      }),
    );
  }
}

async function show() {
  me = await ask("GET", "/api/v1/me");
  at("holder").textContent = me.wallet ?? word("a-passkey");
  payout();
  await Promise.all([passkeys(), signers(), sessions(), apiKeys()]);
}

onClick(at("payout-name"), status, bind);
onClick(at("add-passkey"), status, addPasskey);
onClick(at("join"), status, async () => {
  await keys.join(provider);
  await show();
  say(status, word("browser-signs"), "good");
});
onClick(at("make-key"), status, async () => {
  const name = at("key-name").value.trim();
  const made = await ask("POST", "/api/v1/me/keys", { name, writes: at("key-writes").checked });
  await show();
  const shown = make("code", { class: "hash" }, made.key);
  say(status, word("key-once"), "good");
  status.append(" ", shown);
});

if (document.querySelector("#passkeys")) {
  show().catch((error) => say(status, error.message, "bad"));
}
