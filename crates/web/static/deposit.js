// Money of one's own that can pay for something: a deposit with enough of it free.

import { ask } from "./api.js";
import { word } from "./words.js";

/** A deposit in a token with so much free, or undefined. */
async function found(token, units) {
  const { deposits } = await ask("GET", "/api/v1/me/deposits");
  const fits = (it) => it.token === token && BigInt(it.free_units) >= units;
  return deposits.find(fits)?.fund;
}

/** The same, after asking for test money where there is none; only some nodes give it. */
export async function fund(token, units, told) {
  const own = await found(token, units);
  if (own !== undefined) return own;
  told(word("asking-test-money"));
  try {
    await ask("POST", "/api/v1/me/deposits", {});
  } catch {
    return undefined;
  }
  return found(token, units);
}
