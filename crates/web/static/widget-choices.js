// All that apply of several: each option is a unit of its own (`widgets.js` has the contract).

import { make } from "./api.js";
import { Marks, digit, option, options } from "./form.js";
import { word } from "./words.js";

export const kind = "choices";
export const keys = [["1–9", "key-tick"]];

export function widget({ brief }, changed) {
  const rows = brief.options.map((words, place) =>
    option("checkbox", "class", words, place, digit(place)));
  const element = make("div", { class: "answer" }, options(word("all-that-apply"), "choices", rows));
  const marks = new Marks(element, changed);
  return {
    element,
    state: () => ({ picked: marks.of("class") }),
    fill: (state) => marks.put("class", state?.picked),
    key: (key) => marks.digit("class", key),
    answers: (units) => {
      const picked = marks.of("class");
      return units.map(({ unit }, place) => ({ unit, label: picked.includes(place) ? 1 : 0 }));
    },
  };
}
