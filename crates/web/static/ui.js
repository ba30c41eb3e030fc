// What pages say and ask beside their text: toasts, and questions before what cannot be undone.

import { make } from "./api.js";
import { word } from "./words.js";

const TOAST_MS = 6000;

function region() {
  const found = document.querySelector(".toasts");
  if (found) return found;
  const made = make("div", { class: "toasts", role: "status", "aria-live": "polite" });
  document.body.append(made);
  return made;
}

/**
 * Says something for six seconds, with one thing that can be done about it.
 * @param {string} words
 * @param {{label: string, act: () => void}} [way] what can be done
 * @param {() => void} [over] called once it has gone and nothing was done
 * @returns {(done: boolean) => void} takes it away; with true as if the thing was done
 */
export function toast(words, way, over = () => {}) {
  const shown = make("div", { class: "toast" }, make("span", {}, words));
  let gone = false;
  const end = (done) => {
    if (gone) return;
    gone = true;
    clearTimeout(clock);
    shown.remove();
    if (done) way?.act();
    else over();
  };
  const clock = setTimeout(() => end(false), TOAST_MS);
  if (way) {
    const button = make("button", { type: "button" }, way.label);
    button.addEventListener("click", () => end(true));
    shown.append(button);
  }
  region().replaceChildren(shown);
  return end;
}

/**
 * Asks before something that cannot be taken back. Escape and a click on “no” say no.
 * @param {{title: string, words: string, yes: string, no?: string}} asked
 * @returns {Promise<boolean>}
 */
export function sure({ title, words, yes, no = word("common.not-now") }) {
  const own = make("dialog", { "aria-labelledby": "sure-title" },
    make("h2", { id: "sure-title" }, title),
    make("p", {}, words),
    make("form", { method: "dialog", class: "actions" },
      make("button", { value: "no" }, no),
      make("button", { value: "yes", class: "danger" }, yes)));
  document.body.append(own);
  return new Promise((resolve) => {
    own.addEventListener("close", () => {
      own.remove();
      resolve(own.returnValue === "yes");
    });
    own.showModal();
  });
}
