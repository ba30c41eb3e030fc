// Requests to the node's API, and what it says when it says no.

import { count, decimal, language, percent, point, word } from "./words.js";

let token = document.querySelector('meta[name="csrf"]')?.content ?? "";

/** What changes must bring along; pages have it from the server. */
export function csrf(fresh) {
  if (fresh !== undefined) token = fresh;
  return token;
}

/**
 * What codes and phrases mean in the page's language, by their keys, and what joins phrases. It is
 * asked for once something has gone wrong.
 */
let meanings = null;

/** How long what went wrong may stay unsaid: a node that is ill may not answer this either. */
const MEANINGS_MS = 3_000;

async function asked() {
  const signal = AbortSignal.timeout(MEANINGS_MS);
  const answer = await fetch(`/static/why-${language()}.json`, { signal });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/** The text of a word of the log or the API, by the group that has it; as it is where none has. */
const text = (texts, group, name) => (
  texts[`${group}.${name.replaceAll(/[ _]/g, "-")}`] ?? name.replaceAll("_", " "));

/** What stands in a gap, as the page's language writes it; a problem has it by its kind. */
const FILLING = {
  count: ({ count: number }) => count(number),
  place: ({ place }) => count(place + 1),
  decimal: ({ decimal: own }) => decimal(own),
  name: ({ name }) => name,
  units: ({ units }) => money(units),
  ppm: ({ ppm }) => percent(ppm),
  field: ({ field }, { texts }) => text(texts, "setting", field),
  words: ({ group, words }, { texts, joints }) => (
    words.map((own) => text(texts, group, own)).join(joints[0])),
};

function filled({ phrase, gaps }, known) {
  const own = phrase ? text(known.texts, "told", phrase) : "{said}";
  return own.replace(/\{(\w+)\}/g, (whole, name) => {
    const gap = gaps[name] ?? {};
    const kind = Object.keys(FILLING).find((own) => own in gap);
    return kind ? FILLING[kind](gap, known) : whole;
  });
}

const JOINTS = ["comma", "semicolon", "colon"];

/** Phrases one after the other. What a machine has said is English, and told to nobody else. */
function joined(told, known) {
  const read = told.filter(({ phrase }) => phrase || language() === "en");
  return read.reduce((whole, own, at) => (
    `${whole}${at ? known.joints[JOINTS.indexOf(own.joint)] : ""}${filled(own, known)}`), "");
}

/** What can be said where a code means nothing here. */
const unknown = (code, said) => (language() === "en" ? said : word("says-no", { code }));

/**
 * Why something did not work, in the page's language; nothing where no code says so.
 * @param {string} [code] of the API, the log or the gateway
 * @param {string} [said] in English
 * @param {object[]} [told] what it is made of, as a problem has it
 */
export async function why(code, said, told) {
  if (!code) return language() === "en" ? said : undefined;
  meanings ??= asked();
  try {
    const known = await meanings;
    const meant = known.texts[`error.${code.replaceAll("_", "-")}`];
    if (!meant) return unknown(code, said);
    const parts = told ?? [{ phrase: "", gaps: { said: { name: said ?? "" } } }];
    const more = joined(parts, known).replace(/\.+$/, "");
    const colon = known.joints[2];
    return meant.replace(`${colon}{detail}`, () => (more ? colon + more : ""));
  } catch {
    meanings = null;
    return unknown(code, said);
  }
}

/** The node said no. */
class Refused extends Error {
  constructor(status, code, words) {
    super(words ?? word("node-answered", { status }));
    this.status = status;
    this.code = code ?? "";
  }
}

/** What is thrown for an answer that is no success, by its problem. */
export async function refusal(status, { code, detail, told }) {
  return new Refused(status, code, await why(code, detail, told));
}

/** What an answer brings as JSON, null where that is nothing; throws why it is no success. */
export async function outcome(response) {
  const text = await response.text();
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    // The page of a proxy between here and the node is nothing to be shown.
    value = {};
  }
  if (!response.ok) throw await refusal(response.status, value ?? {});
  return value;
}

/** The node could not be reached. */
export class Offline extends Error {
  constructor() {
    super(word("offline"));
  }
}

/**
 * Asks the API and reads its JSON; null where it has nothing to say.
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body] text goes as it is, all else as JSON
 * @param {{keepalive?: boolean}} [more]
 */
export async function ask(method, path, body, more = {}) {
  const headers = { "hw-csrf": token };
  if (body !== undefined) headers["content-type"] = "application/json";
  const sent = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
  let response;
  try {
    response = await fetch(path, { method, headers, body: sent, ...more });
  } catch {
    throw new Offline();
  }
  return outcome(response);
}

/** An element with text; `make("p", {class: "note"}, "words", child)`. Text is never HTML. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) {
      element.setAttribute(key, value === true ? "" : value);
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Says something in an element that screen readers follow; `kind` is note, good or bad. */
export function say(element, words, kind = "note") {
  element.textContent = words;
  element.dataset.kind = kind;
  element.hidden = !words;
}

/** Runs what a button asks for once at a time, and says what went wrong. */
export async function run(button, status, work) {
  if (button.disabled) return;
  button.disabled = true;
  try {
    await work(button);
  } catch (error) {
    say(status, error.message, "bad");
  } finally {
    button.disabled = false;
  }
}

/** The same whenever a button is clicked. */
export function onClick(button, status, work) {
  button?.addEventListener("click", (event) => {
    event.preventDefault();
    return run(button, status, work);
  });
}

/** The same for all buttons of a kind, those too that come with a fresh part of the page. */
export function onClicks(selector, status, work) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest(selector);
    if (!button) return undefined;
    event.preventDefault();
    return run(button, status, work);
  });
}

/** Shows the page anew once what was said could be read; what waits for it stays busy. */
export function reloaded(ms) {
  return new Promise(() => {
    setTimeout(() => location.reload(), ms);
  });
}

const UNITS = 1_000_000n;

/** Base units as people read them: six decimals, none that are zero, at least two. */
export function money(units) {
  const whole = BigInt(units);
  const rest = (whole % UNITS).toString().padStart(6, "0").replace(/0{1,4}$/, "");
  return `${count(whole / UNITS)}${point()}${rest}`;
}

/** Base units of what somebody typed; throws in words. */
export function baseUnits(text) {
  const found = /^(\d{1,15})(?:\.(\d{1,6}))?$/.exec(text.trim());
  if (!found) {
    throw new Error(word("no-amount", { text }));
  }
  return BigInt(found[1]) * UNITS + BigInt((found[2] ?? "").padEnd(6, "0"));
}
