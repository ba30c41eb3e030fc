// Registering an asset: uploads, the draft, the signature.

import { Offline, ask, baseUnits, csrf, money, onClick, outcome, say } from "./api.js";
import { Raw, fromBase64 } from "./cbor.js";
import { fund } from "./deposit.js";
import * as sign from "./sign.js";
import { sure } from "./ui.js";
import { word } from "./words.js";

const LOOK_MS = 250;
const LOOKS = 80;

const form = document.querySelector("#register");
const status = document.querySelector("#status");
const at = (name) => form?.elements.namedItem(name);

/** Sends bytes as they are; says what they are known by. */
async function upload(bytes) {
  let response;
  try {
    const headers = { "hw-csrf": csrf() };
    response = await fetch("/api/v1/contents", { method: "PUT", headers, body: bytes });
  } catch {
    throw new Offline();
  }
  return outcome(response);
}

const numbers = (name) => at(name).value.split(/[\s,]+/).filter(Boolean).map((text) => {
  if (!/^\d+$/.test(text)) throw new Error(word("no-number", { text }));
  return Number(text);
});

const units = (text) => baseUnits(text.trim() || "0").toString();

function prices(purposes) {
  const typed = (name) => document.querySelector(`#${name}`).value;
  return purposes.map((purpose) => ({
    purpose,
    flat_units: units(typed(`flat-${purpose}`)),
    row_units: units(typed(`row-${purpose}`)),
  })).filter((price) => price.flat_units !== "0" || price.row_units !== "0");
}

async function draft() {
  const boxes = form.querySelectorAll("input[name=purpose]:checked");
  const purposes = [...boxes].map((box) => box.value);
  if (purposes.length === 0) throw new Error(word("choose-purpose"));
  const asked = prices(purposes);
  const [file] = at("content").files;
  say(status, word("uploading", { name: file.name }));
  const content = await upload(file);
  const card = at("card").value.trim() ? await upload(at("card").value) : null;
  const [version] = numbers("version");
  return {
    kind: at("kind").value,
    title: at("title").value.trim(),
    content: content.sha256,
    rows: content.lines,
    card: card?.sha256,
    license: at("license").value.trim() || undefined,
    purposes,
    prices: asked,
    price_units: units(at("price").value),
    floor_ppm: Math.round(Number(at("floor").value || 0) * 10_000),
    revocable: at("revocable").checked,
    buyers: numbers("buyers"),
    parents: numbers("parents"),
    version_of: version,
  };
}

/** Waivers that are ticked, what they cost together, and the deposit that pays for them. */
async function waived() {
  const boxes = [...form.querySelectorAll("input[name=waiver]:checked")];
  const priced = boxes.filter((box) => box.dataset.units !== "0");
  const tokens = new Set(priced.map((box) => box.dataset.token));
  if (tokens.size > 1) throw new Error(word("waivers-one-token"));
  const units = priced.reduce((sum, box) => sum + BigInt(box.dataset.units), 0n);
  const waivers = boxes.map((box) => Number(box.value));
  if (units === 0n) return { waivers, units };
  const paid = await fund(Number([...tokens][0]), units, (words) => say(status, words));
  if (paid === undefined) throw new Error(word("no-deposit", { units: money(units) }));
  return { waivers, units, paid };
}

/** Asks before waivers are used up; there is nothing to ask where none is. */
function agreed({ waivers, units, paid }) {
  if (waivers.length === 0) return true;
  const gaps = { waivers: waivers.join(", "), units: money(units), deposit: paid };
  const words = word(units > 0n ? "use-waivers-paid" : "use-waivers-free", gaps);
  return sure({ title: word("use-waivers"), words, yes: word("register.sign-and-register") });
}

async function register() {
  if (!form.reportValidity()) throw new Error(word("missing-above"));
  const own = await sign.signer();
  const lower = await waived();
  const wanted = { ...await draft(), waivers: lower.waivers, fund: lower.paid };
  const { command } = await ask("POST", "/api/v1/assets", wanted);
  if (!await agreed(lower)) return say(status, "");
  say(status, word("signing"));
  const entry = { ...own, nonce: sign.nextNonce(), command: new Raw(fromBase64(command)) };
  await sign.submit({ signed: await sign.sign(own.record, entry) });
  say(status, word("logged"), "good");
  const path = `/api/v1/assets?owner=${own.account}&limit=1`;
  for (let look = 0; look < LOOKS; look += 1) {
    const { assets: [newest] } = await ask("GET", path);
    if (newest?.content === wanted.content) return location.assign(`/assets/${newest.id}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return location.assign("/explore");
}

if (form) {
  form.addEventListener("submit", (event) => event.preventDefault());
  onClick(form.querySelector("button[type=submit]"), status, register);
}
