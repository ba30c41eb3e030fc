// The form of a task: what is shown, what can be answered, and by which keys.

import { make } from "./api.js";

const PAIR_KEYS = ["a", "b", "t", "x"];

/** The key that chooses the option at a place. */
export function keyOf(kind, place) {
  if (kind === "comparison" && place < PAIR_KEYS.length) return PAIR_KEYS[place];
  return place < 9 ? String(place + 1) : null;
}

/** A unit's text: words as they are, or the fields of an object. All of it is text, never HTML. */
export function content(kind, text) {
  const fields = parsed(text);
  if (!fields) return [make("p", { class: "content" }, text ?? "This task has no text.")];
  if (kind !== "comparison") return [list(Object.entries(fields))];
  const { a, b, ...rest } = fields;
  const card = (name, words) => {
    const body = make("p", { class: "content" }, shown(words));
    return make("section", { class: "card" }, make("h3", {}, name), body);
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

/** The inputs of one task. `changed` is called whenever something was put in. */
export class Form {
  constructor(campaign, changed) {
    this.kind = campaign.brief?.kind ?? "choice";
    this.classes = campaign.classes;
    this.options = this.kind === "choices" ? campaign.brief.options : this.classes;
    this.reasons = campaign.brief?.reasons ?? [];
    this.changed = changed;
    this.element = make("div", { class: "answer" });
    this.element.addEventListener("input", () => this.changed());
    this.build();
  }

  build() {
    const many = this.kind === "choices";
    if (this.kind === "text") {
      const area = make("textarea", { id: "words", rows: "6" });
      const label = make("label", { for: "words" }, "Your answer");
      const cannot = this.option("checkbox", "cannot", "This cannot be done", "x", 0);
      this.element.append(label, area, cannot);
      return;
    }
    const type = many ? "checkbox" : "radio";
    const all = this.options.map((words, place) =>
      this.option(type, "class", words, keyOf(this.kind, place), place));
    const legend = {
      choices: "All that apply",
      comparison: "Which is better?",
      rating: "Your rating",
    };
    const name = make("legend", {}, legend[this.kind] ?? "Your answer");
    this.element.append(make("fieldset", { class: `options ${this.kind}` }, name, ...all));
    if (this.kind === "comparison" && this.reasons.length > 0) {
      const ticks = this.reasons.map((words, place) =>
        this.option("checkbox", "reason", words, place < 9 ? String(place + 1) : null, place));
      const why = make("legend", {}, "Why? (if you like)");
      this.element.append(make("fieldset", { class: "options" }, why, ...ticks));
    }
  }

  option(type, name, words, key, place) {
    const input = make("input", { type, name, value: String(place) });
    const cap = key ? make("kbd", {}, key.toUpperCase()) : null;
    return make("label", { class: "option" }, input, make("span", {}, words), cap);
  }

  inputs(name) {
    return [...this.element.querySelectorAll(`input[name="${name}"]`)];
  }

  picked(name) {
    return this.inputs(name).filter((input) => input.checked).map((input) => Number(input.value));
  }

  /** Takes a key; true if it meant something here. */
  key(key) {
    if (this.kind === "text") return key === "x" && this.press(this.inputs("cannot")[0]);
    const place = this.options.findIndex((_, at) => keyOf(this.kind, at) === key);
    const reason = /^[1-9]$/.test(key) ? this.inputs("reason")[Number(key) - 1] : undefined;
    return this.press(this.inputs("class")[place] ?? reason);
  }

  press(input) {
    if (!input) return false;
    input.checked = input.type === "radio" ? true : !input.checked;
    input.focus({ preventScroll: true });
    this.changed();
    return true;
  }

  /** What was put in, to be kept as a draft. */
  state() {
    const words = this.element.querySelector("textarea")?.value;
    return { picked: this.picked("class"), reasons: this.picked("reason"), words,
      cannot: this.picked("cannot").length > 0 };
  }

  /** Puts in what was kept; nothing for a fresh task. */
  fill(state) {
    const marks = { class: state?.picked ?? [], reason: state?.reasons ?? [],
      cannot: state?.cannot ? [0] : [] };
    for (const [name, places] of Object.entries(marks)) {
      for (const input of this.inputs(name)) input.checked = places.includes(Number(input.value));
    }
    const area = this.element.querySelector("textarea");
    if (area) area.value = state?.words ?? "";
    // The answer before has had the focus; nothing of this task is chosen yet.
    if (this.element.contains(document.activeElement)) document.activeElement.blur();
  }

  /** Puts the cursor where typing begins, where there is something to type. */
  focus() {
    this.element.querySelector("textarea")?.focus({ preventScroll: true });
  }

  /** The answer to each unit of a task; throws in words where something is missing. */
  answers(units) {
    const { picked, reasons, words, cannot } = this.state();
    if (this.kind === "choices") {
      return units.map(({ unit }, place) => ({ unit, label: picked.includes(place) ? 1 : 0 }));
    }
    const [{ unit }] = units;
    if (this.kind === "text") {
      if (cannot) return [{ unit, label: 1, text: words || undefined }];
      if (!words.trim()) throw new Error("Write an answer first, or say that it cannot be done.");
      return [{ unit, label: 0, text: words }];
    }
    if (picked.length === 0) throw new Error("Choose an answer first.");
    const why = reasons.map((place) => this.reasons[place]);
    return [{ unit, label: picked[0], text: why.length > 0 ? why.join("\n") : undefined }];
  }
}
