// Session keys of an account: one more for this browser, and one that signs no longer.

import { ask } from "./api.js";
import { Raw, fromBase64, fromHex } from "./cbor.js";
import { command } from "./commitment.js";
import * as passkey from "./passkey.js";
import * as sign from "./sign.js";
import * as wallet from "./wallet.js";
import { word } from "./words.js";

const ADD_KEY = 22;
const REVOKE_KEY = 23;

/**
 * Lets this browser sign for the account, by the wallet or the passkey of its holder.
 * @param {() => Promise<object>} provider finds the wallet, where there is one
 */
export async function join(provider) {
  const why = sign.obstacle();
  if (why) throw new Error(why);
  const [me, about] = await Promise.all([ask("GET", "/api/v1/me"), ask("GET", "/api/v1/space")]);
  const space = fromHex(about.space);
  const made = await sign.fresh();
  const expires = made.seconds * 1000;
  const authority = me.wallet
    ? await byWallet(await provider(), me, { space, made })
    : await passkey.authority(me, space, await paying(), {
      key: made.key,
      scope: sign.SCOPE.bits,
      expires,
    });
  const fields = [
    [0, sign.SCOPE.bits],
    [1, expires],
    [2, authority],
  ];
  const parts = { space, account: me.account, nonce: sign.nextNonce() };
  const signed = await sign.sign(made, { ...parts, command: command(ADD_KEY, fields) });
  await sign.submit({ signed });
  await sign.keep(about.space, me.holder, made);
}

/**
 * The first wallet that shows itself, for `join`.
 * @returns {() => Promise<object>} throws in words where there is none
 */
export function firstWallet() {
  let first = null;
  wallet.discover(({ provider }) => {
    first ??= provider;
  });
  return async () => {
    if (!first) throw new Error(word("login.no-wallet"));
    await wallet.address(first);
    return first;
  };
}

/** The passkey that the account was opened with. */
export async function paying() {
  const { passkeys } = await ask("GET", "/api/v1/me/passkeys");
  const own = passkeys.find((one) => one.pays);
  if (!own) throw new Error(word("no-own-passkey"));
  return own;
}

async function byWallet(provider, me, { space, made }) {
  const challenge = await ask("POST", "/api/v1/login/nonce", {});
  const [chain] = challenge.chains;
  const granted = { chain, space, scope: sign.SCOPE.words, ...made };
  const delegation = await wallet.delegation(provider, me.wallet, granted);
  if (me.payout?.disclosed) return [0, [delegation]];
  if (!me.binding) throw new Error(word("not-remembered"));
  // The body of the opening has the fields of a disclosure.
  return [2, [new Raw(fromBase64(me.binding)), delegation]];
}

/** A session key of the account, in hex digits, signs nothing more. */
export async function revoke(key) {
  const own = await sign.signer();
  const entry = { ...own, nonce: sign.nextNonce(), command: [REVOKE_KEY, [fromHex(key)]] };
  await sign.submit({ signed: await sign.sign(own.record, entry) });
}
