// The earnings page: where to be paid, the claim, and the key of a guest's wallet.

import { ask, make, money, onClick, say } from "./api.js";
import { command } from "./commitment.js";
import * as sign from "./sign.js";
import { word } from "./words.js";

const status = document.querySelector("#status");
const DISCLOSE = 2;

async function disclose() {
  const own = await sign.signer();
  if (!own.record.binding) throw new Error(word("not-opener"));
  const { wallet, delegation, salt } = own.record.binding;
  const fields = [
    [0, wallet],
    [1, delegation],
    [2, salt],
  ];
  const entry = { ...own, nonce: sign.nextNonce(), command: command(DISCLOSE, fields) };
  await sign.submit({ signed: await sign.sign(own.record, entry) });
}

async function claim() {
  say(status, word("asking-chain"));
  const paid = await ask("POST", "/api/v1/me/claim", {});
  const rows = paid.paid.filter((row) => BigInt(row.units) > 0n);
  if (rows.length === 0) {
    say(status, word("nothing-due"));
    return;
  }
  // Several chains, or tokens, are never added up: each sum is told with where it is.
  const alone = rows.length === 1 && rows[0].units === paid.paid_units;
  const told = (row) => word("claimed-of",
    { units: money(row.units), token: row.token, chain: row.chain_id });
  const units = alone ? money(paid.paid_units) : rows.map(told).join(", ");
  say(status, word("claimed", { units, wallet: paid.wallet }), "good");
}

onClick(document.querySelector("#claim"), status, async () => {
  try {
    await claim();
  } catch (error) {
    if (error.code !== "no_payout_address") throw error;
    document.querySelector("#payout").showModal();
  }
});

onClick(document.querySelector("#payout-yes"), status, async () => {
  document.querySelector("#payout").close();
  const me = await ask("GET", "/api/v1/me");
  if (!me.wallet) {
    // A passkey names the address, on the page of one's own.
    location.assign("/me#payout");
    return;
  }
  say(status, word("writing-address"));
  await disclose();
  await claim();
});

onClick(document.querySelector("#payout-no"), status, async () => {
  document.querySelector("#payout").close();
});

async function guest() {
  const me = await ask("GET", "/api/v1/me");
  const about = await ask("GET", "/api/v1/space");
  const record = me.wallet ? await sign.known(about.space, me.wallet) : undefined;
  if (!record?.guest) return;
  const box = document.querySelector("#guest-key");
  box.append(
    make("summary", {}, word("guest-secret")),
    make("p", {}, word("guest-secret-how")),
    make("code", { class: "hash" }, record.guest),
  );
  box.hidden = false;
}

if (document.querySelector("#guest-key")) {
  guest().catch((error) => say(status, error.message, "bad"));
}
