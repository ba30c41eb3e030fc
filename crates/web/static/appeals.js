// Appeals and verdicts: signed with the browser's session key, with words that the log only seals.

import { onClicks, reloaded, say } from "./api.js";
import { encode, toBase64 } from "./cbor.js";
import * as commitment from "./commitment.js";
import * as sign from "./sign.js";
import { word } from "./words.js";

const status = document.querySelector("#status");
const APPEAL = 25;
const VERDICT = 26;
const SHOWN_MS = 1500;

/** Signs a command with what is said beside it, if anything is. */
async function speak(number, fields, words) {
  const own = await sign.signer();
  const nonce = sign.nextNonce();
  const command = commitment.command(number, fields);
  if (!words) {
    await sign.submit({ signed: await sign.sign(own.record, { ...own, nonce, command }) });
    return;
  }
  const said = { text: words, salt: commitment.salt() };
  const place = { space: own.space, account: own.account, nonce };
  const hidden = await commitment.statement(place, said);
  const signed = await sign.sign(own.record, { ...own, nonce, command, hidden });
  const body = new Map([
    [0, said.text],
    [1, said.salt],
  ]);
  await sign.submit({ signed, body: toBase64(encode(body)) });
}

const number = (text) => Number(text);

async function act(button) {
  const { act: kind, campaign, account, block } = button.dataset;
  const words = button.closest("article").querySelector("textarea")?.value.trim() ?? "";
  const place = [[0, number(campaign)]];
  if (kind === "appeal") {
    say(status, word("signing-appeal"));
    await speak(APPEAL, [...place, [1, number(block)]], words);
    say(status, word("appealed"), "good");
    return;
  }
  say(status, word("signing-verdict"));
  const upheld = kind === "uphold";
  const fields = [...place, [1, number(account)], [2, number(block)], [3, upheld]];
  await speak(VERDICT, fields, words);
  say(status, word("verdict-given"), "good");
}

onClicks("button[data-act]", status, async (button) => {
  await act(button);
  await reloaded(SHOWN_MS);
});
