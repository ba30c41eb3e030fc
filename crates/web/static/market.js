// The page of an asset: licences that are bought and given up.

import { ask, money, onClick, say } from "./api.js";
import { Raw, encode, fromBase64 } from "./cbor.js";
import { fund } from "./deposit.js";
import * as sign from "./sign.js";
import { sure } from "./ui.js";
import { word } from "./words.js";

const REVOKE_GRANT = 32;
const box = document.querySelector("#licenses");
const status = document.querySelector("#status");

/** Signs a command that is encoded already and hands it in. */
async function enter(own, command) {
  say(status, word("signing"));
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
