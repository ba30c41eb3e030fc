// Requests to the node's API, and what it says when it says no.

import { count, point, word } from "./words.js";

let token = document.querySelector('meta[name="csrf"]')?.content ?? "";

/** What changes must bring along; pages have it from the server. */
export function csrf(fresh) {
  if (fresh !== undefined) token = fresh;
  return token;
}

/** The node said no. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? word("node-answered", { status }));
    this.status = status;
    this.code = problem.code ?? "";
  }
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
  const text = await response.text();
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    value = { detail: text };
  }
  if (!response.ok) throw new Refused(response.status, value ?? {});
  return value;
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
export function onClick(button, status, work) {
  button?.addEventListener("click", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    try {
      await work();
    } catch (error) {
      say(status, error.message, "bad");
    } finally {
      button.disabled = false;
    }
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
