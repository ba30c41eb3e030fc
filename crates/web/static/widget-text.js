// An answer in one's own words, or that there can be none (`widgets.js` has the contract).

import { make } from "./api.js";
import { Marks, option } from "./form.js";
import { word } from "./words.js";

export const kind = "text";
export const keys = [["X", "key-cannot"]];

export function widget(_, changed) {
  const area = make("textarea", { id: "words", rows: "6", dir: "auto" });
  const element = make("div", { class: "answer" },
    make("label", { for: "words" }, word("your-answer")), area,
    option("checkbox", "cannot", word("cannot"), 0, "x"));
  const marks = new Marks(element, changed);
  return {
    element,
    submit: "Ctrl Enter",
    state: () => ({ words: area.value, cannot: marks.of("cannot").length > 0 }),
    fill: (state) => {
      marks.put("cannot", state?.cannot ? [0] : []);
      area.value = state?.words ?? "";
    },
    key: (key) => key === "x" && marks.press("cannot", 0),
    focus: () => area.focus({ preventScroll: true }),
    answers: ([{ unit }]) => {
      const words = area.value;
      if (marks.of("cannot").length > 0) return [{ unit, label: 1, text: words || undefined }];
      if (!words.trim()) throw new Error(word("write-first"));
      return [{ unit, label: 0, text: words }];
    },
  };
}
