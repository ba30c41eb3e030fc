// The review queue: a blind answer first, then what others said, then the last word.

import { ask, make, say } from "./api.js";
import { content } from "./form.js";

const place = document.querySelector("#review");
const status = document.querySelector("#status");
const { campaign } = place.dataset;
let queue = null;

const percent = (ppm) => `${(ppm / 10_000).toFixed(1)} %`;

/** The words of labels: classes, or the ticked options. */
function words(labels) {
  if (!labels) return "none";
  if (queue.options.length > 0) {
    const ticked = queue.options.filter((_, at) => labels[at] === 1);
    return ticked.join(", ") || "none of them";
  }
  return labels.map((label) => queue.classes[label]).join(", ");
}

function inputs(labels) {
  const many = queue.options.length > 0;
  const names = many ? queue.options : queue.classes;
  const chosen = (at) => (many ? labels?.[at] === 1 : labels?.[0] === at);
  const row = (name, at) => {
    const type = many ? "checkbox" : "radio";
    const input = make("input", { type, name: "label", value: String(at), checked: chosen(at) });
    return make("label", { class: "option" }, input, make("span", {}, name));
  };
  return make("fieldset", { class: "options" }, make("legend", {}, "Your answer"),
    ...names.map(row));
}

function given(form) {
  const marks = [...form.querySelectorAll("input[name=label]")];
  if (queue.options.length > 0) return marks.map((input) => (input.checked ? 1 : 0));
  const at = marks.findIndex((input) => input.checked);
  if (at < 0) throw new Error("Choose an answer first.");
  return [at];
}

function revealed(shown) {
  const said = shown.answers.map(({ account, labels, text }) =>
    make("li", {}, `Account ${account}: ${words(labels)}${text ? ` (${text})` : ""}`));
  return make("section", { class: "card" },
    make("p", {}, `You said: ${words(shown.blind)}.`),
    make("p", {}, `Consensus: ${words(shown.consensus)}, ${percent(shown.probability_ppm ?? 0)}.`),
    make("ul", {}, ...said));
}

function show(row) {
  const form = make("form", {});
  const text = content(queue.kind, row.text);
  form.append(make("h2", {}, row.name), make("p", { class: "quiet" }, `Why: ${row.why}`), ...text);
  if (row.status === "open") {
    form.append(inputs(), make("button", { class: "main" }, "Answer blind"));
  } else {
    const comment = make("textarea", { id: "comment", rows: "3" });
    comment.value = row.shown.comment;
    form.append(revealed(row.shown), inputs(row.shown.last ?? row.shown.consensus),
      make("label", { for: "comment" }, "Comment"), comment,
      make("button", { class: "main" }, "Save the last word"));
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(row, form).catch((error) => say(status, error.message, "bad"));
  });
  place.replaceChildren(form);
}

async function send(row, form) {
  const path = `/api/v1/campaigns/${campaign}/reviews/${row.task}`;
  if (row.status === "open") {
    row.shown = await ask("PUT", `${path}/blind`, { labels: given(form) });
    row.status = "blind";
    say(status, "");
    show(row);
    return;
  }
  const comment = form.querySelector("textarea").value;
  await ask("PUT", path, { labels: given(form), comment });
  row.status = "done";
  say(status, `Saved the review of ${row.name}.`, "good");
  next();
}

function next() {
  const row = queue.reviews.find((it) => it.status === "blind")
    ?? queue.reviews.find((it) => it.status === "open");
  const left = queue.reviews.filter((it) => it.status !== "done").length;
  document.querySelector("#left").textContent = `${left} of ${queue.reviews.length} to do`;
  if (row) show(row);
  else place.replaceChildren(make("p", { class: "empty" }, "Nothing waits for your review."));
}

async function start() {
  queue = await ask("GET", `/api/v1/campaigns/${campaign}/reviews`);
  next();
}

start().catch((error) => say(status, error.message, "bad"));
