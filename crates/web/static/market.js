// The page of an asset: licences that are bought and given up, waivers that are offered.

import { ask, baseUnits, money, onClick, say } from "./api.js";
import { Raw, encode, fromBase64 } from "./cbor.js";
import { fund } from "./deposit.js";
import * as sign from "./sign.js";
import { sure } from "./ui.js";
import { language, time, word } from "./words.js";

const REVOKE_GRANT = 32;
const DAY_MS = 24 * 3600 * 1000;
const box = document.querySelector("#licenses");
const status = document.querySelector("#status");

/** Signs a command that is encoded already and hands it in. */
async function enter(own, command, told = status) {
  say(told, word("signing"));
  const entry = { ...own, nonce: sign.nextNonce(), command: new Raw(command) };
  await sign.submit({ signed: await sign.sign(own.record, entry) });
}

async function buy(purpose, named) {
  const own = await sign.signer();
  const path = `/api/v1/assets/${box.dataset.asset}/grants`;
  const asked = await ask("POST", path, { purpose, rows: 0 });
  const units = BigInt(asked.amount_units);
  let { command } = asked;
  if (units > 0n) {
    const paid = await fund(Number(box.dataset.token), units, (words) => say(status, words));
    if (paid === undefined) throw new Error(word("no-deposit", { units: money(units) }));
    const asked = {
      title: word("licence-for", { purpose: named }),
      words: word("licence-costs", { units: money(units), deposit: paid }),
      yes: word("pay", { units: money(units) }),
    };
    if (!await sure(asked)) return;
    ({ command } = await ask("POST", path, { purpose, rows: 0, fund: paid }));
  }
  await enter(own, fromBase64(command));
  say(status, word("licence-yours", { purpose: named }), "good");
  location.reload();
}

for (const button of box?.querySelectorAll("button[data-buy]") ?? []) {
  onClick(button, status, () => buy(button.dataset.buy, button.dataset.named));
}
for (const button of box?.querySelectorAll("button[data-revoke]") ?? []) {
  onClick(button, status, async () => {
    const asked = {
      title: word("give-up-licence"),
      words: word("give-up-licence-how"),
      yes: word("asset.give-it-up"),
    };
    if (!await sure(asked)) return;
    const own = await sign.signer();
    await enter(own, encode([REVOKE_GRANT, [Number(button.dataset.revoke)]]));
    location.reload();
  });
}

const offers = document.querySelector("#waivers");
const offer = document.querySelector("#waiver");
const told = document.querySelector("#waiver-status");

/** Parts per million as a percentage, to the last digit: it is what somebody agrees to. */
const exact = (ppm) =>
  `${(ppm / 10_000).toLocaleString(language(), { maximumFractionDigits: 4 })} %`;

onClick(offer?.querySelector("button[type=submit]"), told, async () => {
  if (!offer.reportValidity()) throw new Error(word("missing-above"));
  const typed = (name) => offer.elements.namedItem(name).value.trim();
  const own = await sign.signer();
  const asked = {
    account: Number(typed("account")),
    floor_ppm: Math.round(Number(typed("floor")) * 10_000),
    price_units: baseUnits(typed("price") || "0").toString(),
    expires_ms: Date.now() + Number(typed("days")) * DAY_MS,
  };
  const path = `/api/v1/assets/${offers.dataset.asset}/waivers`;
  const { command } = await ask("POST", path, asked);
  const gaps = {
    account: asked.account,
    part: exact(asked.floor_ppm),
    whole: exact(Number(offers.dataset.ppm)),
    units: money(asked.price_units),
    time: time(asked.expires_ms),
  };
  const question = {
    title: word("offer-waiver"),
    words: word("offer-waiver-how", gaps),
    yes: word("waiver.offer-it"),
  };
  if (!await sure(question)) return;
  await enter(own, fromBase64(command), told);
  location.reload();
});
