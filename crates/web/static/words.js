// Words of the catalogue in the page's language, and numbers and times as it writes them.

/** The page's language, as the server has chosen it. */
export const language = () => document.documentElement.lang || "en";

let texts = null;

/** A text with `{name}` filled in; the page brings those that its scripts name. */
export function word(key, gaps = {}) {
  texts ??= JSON.parse(document.querySelector("[data-texts]")?.dataset.texts ?? "{}");
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => gaps[name] ?? whole);
}

/** A time as the page's language writes it. */
export const time = (ms) => new Date(ms).toLocaleString(language());

/** A whole number, its thousands apart. */
export const count = (number) => number.toLocaleString(language());

/** Parts per million as a percentage with at most one decimal. */
export function percent(ppm) {
  const share = (ppm / 10_000).toLocaleString(language(), { maximumFractionDigits: 1 });
  return `${share} %`;
}

/** A number that is written with a point, as the page's language has it. */
export function decimal(text) {
  const found = /^(\d+)(.*)$/.exec(text);
  return found ? `${count(BigInt(found[1]))}${found[2].replace(".", point())}` : text;
}

/** What stands before decimals. */
export function point() {
  return (1.5).toLocaleString(language()).at(1);
}
