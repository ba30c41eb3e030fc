// What widgets are made of: a unit's text, options with their keys, and marks on them.

import { make } from "./api.js";
import { word } from "./words.js";

/** A unit's text: words as they are, or the fields of an object. All of it is text, never HTML. */
export function content(kind, text) {
  const fields = parsed(text);
  if (!fields) return [make("p", { class: "content" }, text ?? word("no-text"))];
  if (kind !== "comparison") return [list(Object.entries(fields))];
  const { a, b, ...rest } = fields;
  const card = (name, words) => {
    const body = make("p", { class: "content" }, shown(words));
    return make("section", { class: "card" }, make("h2", {}, name), body);
  };
  const pair = make("div", { class: "pair" }, card("A", a), card("B", b));
  return Object.keys(rest).length > 0 ? [list(Object.entries(rest)), pair] : [pair];
}

function parsed(text) {
  if (!text?.trimStart().startsWith("{")) return null;
  try {
    const value = JSON.parse(text);
    return value && typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value ?? null));

function list(entries) {
  const pairs = entries.map(([name, value]) => [
    make("dt", {}, name),
    make("dd", { class: "content" }, shown(value)),
  ]);
  return make("dl", { class: "fields" }, ...pairs.flat());
}

/** The key of a place in a list: 1 to 9, and none after. */
export const digit = (place) => (place < 9 ? String(place + 1) : null);

/** One thing to choose or tick, with its key. */
export function option(type, name, words, place, key) {
  const input = make("input", { type, name, value: String(place) });
  const cap = key ? make("kbd", { "aria-hidden": "true" }, key.toUpperCase()) : null;
  return make("label", { class: "option" }, input, make("span", { dir: "auto" }, words), cap);
}

/** Options under a heading. */
export function options(legend, kind, rows) {
  return make("fieldset", { class: `options ${kind}`.trim() }, make("legend", {}, legend), ...rows);
}

/** Marks of the options within an element. */
export class Marks {
  constructor(element, changed) {
    this.element = element;
    this.changed = changed;
    element.addEventListener("input", changed);
  }

  inputs(name) {
    return [...this.element.querySelectorAll(`input[name="${name}"]`)];
  }

  /** Places that are marked. */
  of(name) {
    return this.inputs(name).filter((input) => input.checked).map((input) => Number(input.value));
  }

  /** Marks these places and no others. */
  put(name, places = []) {
    for (const input of this.inputs(name)) input.checked = places.includes(Number(input.value));
    // The task before has had the focus; nothing of this one is chosen yet.
    if (this.element.contains(document.activeElement)) document.activeElement.blur();
  }

  /** As a click does; false where there is no such place. */
  press(name, place) {
    const input = this.inputs(name)[place];
    if (!input) return false;
    input.checked = input.type === "radio" ? true : !input.checked;
    input.focus({ preventScroll: true });
    this.changed();
    return true;
  }

  /** As [`press`], by the keys 1 to 9. */
  digit(name, key) {
    return /^[1-9]$/.test(key) && this.press(name, Number(key) - 1);
  }
}

/** The one place that must be marked; throws in words where none is. */
export function chosen(places) {
  if (places.length === 0) throw new Error(word("choose-first"));
  return places[0];
}
