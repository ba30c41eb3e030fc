// Which of two is better, and why (`widgets.js` has the contract).

import { make } from "./api.js";
import { Marks, chosen, digit, option, options } from "./form.js";
import { word } from "./words.js";

const KEYS = ["a", "b", "t", "x"];

export const kind = "comparison";
export const keys = [
  ["A B T X", "key-compare"],
  ["1–9", "key-reason"],
];

export function widget({ classes, brief }, changed) {
  const reasons = brief?.reasons ?? [];
  const rows = classes.map((words, place) =>
    option("radio", "class", words, place, KEYS[place] ?? null));
  const element = make("div", { class: "answer" }, options(word("which-better"), "comparison", rows));
  if (reasons.length > 0) {
    const ticks = reasons.map((words, place) =>
      option("checkbox", "reason", words, place, digit(place)));
    element.append(options(word("why"), "comparison", ticks));
  }
  const marks = new Marks(element, changed);
  return {
    element,
    state: () => ({ picked: marks.of("class"), reasons: marks.of("reason") }),
    fill: (state) => {
      marks.put("class", state?.picked);
      marks.put("reason", state?.reasons);
    },
    key: (key) => {
      const place = KEYS.indexOf(key);
      return place < 0 ? marks.digit("reason", key) : marks.press("class", place);
    },
    answers: ([{ unit }]) => {
      const label = chosen(marks.of("class"));
      const why = marks.of("reason").map((place) => reasons[place]);
      return [{ unit, label, text: why.length > 0 ? why.join("\n") : undefined }];
    },
    whole: () => reasons.length === 0 && marks.of("class").length > 0,
  };
}
