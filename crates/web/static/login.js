// The login page: a wallet of the browser, or on a test node a guest's.

import { ask, csrf, make, onClick, say, why as meaning } from "./api.js";
import { fromHex, toBase64, toHex } from "./cbor.js";
import { salt } from "./commitment.js";
import * as keys from "./keys.js";
import * as passkey from "./passkey.js";
import * as sign from "./sign.js";
import * as wallet from "./wallet.js";
import { word } from "./words.js";

const status = document.querySelector("#status");
const list = document.querySelector("#wallets");
const firstWallet = keys.firstWallet();
const after = new URLSearchParams(location.search).get("next") ?? "/";

/** Only to a page of ours. */
function go() {
  location.assign(/^\/(?![/\\])/.test(after) ? after : "/");
}

function address(said) {
  if (!/^0x[0-9a-fA-F]{40}$/.test(said)) throw new Error(word("wallet-no-address"));
  return said;
}

async function withWallet(provider) {
  say(status, word("awaiting-wallet"));
  const own = address(await wallet.address(provider));
  const [challenge, about] = await Promise.all([
    ask("POST", "/api/v1/login/nonce", { wallet: own }),
    ask("GET", "/api/v1/space"),
  ]);
  const [chain] = challenge.chains;
  const words = wallet.message({
    challenge,
    chain,
    wallet: challenge.wallet,
    issued: new Date().toISOString(),
  });
  const signature = await wallet.personalSign(provider, own, words);
  const entered = await ask("POST", "/api/v1/login/wallet", { message: words, signature });
  csrf(entered.csrf);
  const record = await sign.known(about.space, own);
  if (entered.account === null) {
    await join(provider, { own, about, chain, record });
  } else if (!record) {
    lacksKey(() => Promise.resolve(provider));
    return;
  }
  go();
}

/** Somebody with an account of which this browser holds no key. */
function lacksKey(provider) {
  say(status, word("lacks-key"));
  const button = make("button", { type: "button" }, word("sign-again"));
  status.append(" ", button, " ", make("a", { href: "/" }, word("go-without")));
  onClick(button, status, async () => {
    await keys.join(provider);
    go();
  });
}

/** A passkey that the browser finds by itself. */
async function withPasskey() {
  say(status, word("awaiting-passkey"));
  const challenge = await ask("POST", "/api/v1/login/nonce", {});
  const entered = await ask("POST", "/api/v1/login/passkey", await passkey.login(challenge));
  csrf(entered.csrf);
  const [me, about] = await Promise.all([ask("GET", "/api/v1/me"), ask("GET", "/api/v1/space")]);
  const record = await sign.known(about.space, me.holder);
  if (me.account === null) {
    if (me.wallet) throw new Error(word("wallet-once"));
    await opens(record ?? await bound(about, me.holder), fromHex(about.space));
  } else if (!record) {
    // Somebody with a wallet may have logged in with a passkey: the wallet lets a key in.
    lacksKey(firstWallet);
    return;
  }
  go();
}

/** A session key that is bound to the first passkey of somebody. */
async function bound(about, holder) {
  const { passkeys: [first] } = await ask("GET", "/api/v1/me/passkeys");
  const point = { x: fromHex(first.x), y: fromHex(first.y) };
  const record = { ...await sign.fresh(), passkey: { salt: salt(), party: first.party, point } };
  await sign.keep(about.space, holder, record);
  return record;
}

/** Somebody new: a passkey, a key of this browser that is bound to it, and an account. */
async function newPasskey() {
  say(status, word("making-passkey"));
  const [challenge, about] = await Promise.all([
    ask("POST", "/api/v1/login/nonce", {}),
    ask("GET", "/api/v1/space"),
  ]);
  const { nonce, party } = challenge;
  const [handle, name] = [salt(), document.querySelector("#passkey-name").value.trim()];
  const named = name || "Headwater";
  const { authenticator, client, point } = await passkey.create({
    challenge: nonce, party, handle, name: named,
  });
  const record = { ...await sign.fresh(), passkey: { salt: salt(), party, point } };
  const entered = await ask("POST", "/api/v1/login/passkey/new", {
    authenticator,
    client,
    name: named,
    handle: toBase64(handle),
    account: await sign.opening(record, fromHex(about.space)),
  });
  csrf(entered.csrf);
  await sign.keep(about.space, `passkey:${toBase64(handle)}`, record);
  if (entered.account === null) throw await saidNo(entered.entry);
  go();
}

/** Opens an account; a key that was made before and never got in is used again. */
async function join(provider, { own, about, chain, record: before }) {
  const space = fromHex(about.space);
  let record = before;
  if (!record) {
    say(status, word("once-more"));
    const key = await sign.fresh();
    const granted = { chain, space, scope: sign.SCOPE.words, ...key };
    const delegation = await wallet.delegation(provider, own, granted);
    record = { ...key, binding: { wallet: fromHex(own), delegation, salt: salt() } };
    await sign.keep(about.space, own, record);
  }
  await opens(record, space);
}

async function opens(record, space) {
  const opened = await ask("POST", "/api/v1/me/account", await sign.opening(record, space));
  if (opened.account === null) throw await saidNo(opened.entry);
}

/** What is thrown where the log has not opened the account. */
async function saidNo({ code, message }) {
  return new Error(word("log-says-no", { why: await meaning(code, message) }));
}

async function asGuest() {
  say(status, word("making-wallet"));
  const about = await ask("GET", "/api/v1/space");
  const space = fromHex(about.space);
  const key = await sign.fresh();
  const guest = await ask("POST", "/api/v1/login/guest", {
    key: toHex(key.key),
    scope: sign.SCOPE.bits,
    expires_s: key.seconds,
  });
  csrf(guest.csrf);
  const binding = {
    wallet: fromHex(guest.wallet),
    delegation: fromHex(guest.delegation),
    salt: salt(),
  };
  const record = { ...key, binding, guest: guest.secret };
  await sign.keep(about.space, guest.wallet, record);
  await opens(record, space);
  go();
}

const why = sign.obstacle();
if (why) {
  say(status, why, "bad");
} else {
  wallet.discover(({ name, provider }) => {
    document.querySelector("#no-wallet")?.remove();
    const words = word("login.with", { name });
    const button = make("button", { type: "button", class: "main" }, words);
    list.append(make("li", {}, button));
    onClick(button, status, () => withWallet(provider));
  });
  onClick(document.querySelector("#guest"), status, asGuest);
  onClick(document.querySelector("#passkey"), status, withPasskey);
  onClick(document.querySelector("#new-passkey"), status, newPasskey);
}
