// A place on a scale (`widgets.js` has the contract).

import { make } from "./api.js";
import { Marks, chosen, digit, option, options } from "./form.js";
import { word } from "./words.js";

export const kind = "rating";
export const keys = [["1–9", "key-rate"]];

export function widget({ classes }, changed) {
  const rows = classes.map((words, place) => option("radio", "class", words, place, digit(place)));
  const element = make("div", { class: "answer" }, options(word("your-rating"), "rating", rows));
  const marks = new Marks(element, changed);
  return {
    element,
    state: () => ({ picked: marks.of("class") }),
    fill: (state) => marks.put("class", state?.picked),
    key: (key) => marks.digit("class", key),
    answers: ([{ unit }]) => [{ unit, label: chosen(marks.of("class")) }],
    whole: () => marks.of("class").length > 0,
  };
}
