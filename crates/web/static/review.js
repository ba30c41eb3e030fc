// The review queue: a blind answer first, then what others said, then the last word.

import { ask, make, say } from "./api.js";
import { content } from "./form.js";
import { percent, word } from "./words.js";

const place = document.querySelector("#review");
const status = document.querySelector("#status");
const { campaign } = place.dataset;
/** Why a task is in the queue, by the node's word for it. */
const WHY = {
  rule: () => word("why-rule"),
  sample: () => word("why-sample"),
  unsure: () => word("why-unsure"),
};
let queue = null;

/** The words of labels: classes, or the ticked options. */
function words(labels) {
  if (!labels) return word("no-label");
  if (queue.options.length > 0) {
    const ticked = queue.options.filter((_, at) => labels[at] === 1);
    return ticked.join(", ") || word("none-ticked");
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
  return make("fieldset", { class: "options" }, make("legend", {}, word("your-answer")),
    ...names.map(row));
}

function given(form) {
  const marks = [...form.querySelectorAll("input[name=label]")];
  if (queue.options.length > 0) return marks.map((input) => (input.checked ? 1 : 0));
  const at = marks.findIndex((input) => input.checked);
  if (at < 0) throw new Error(word("choose-first"));
  return [at];
}

function revealed(shown) {
  const said = shown.answers.map(({ account, labels, text }) =>
    make("li", {}, word("account-said", { account, said: words(labels) }),
      text ? ` (${text})` : ""));
  return make("section", { class: "card" },
    make("p", {}, word("you-said", { said: words(shown.blind) })),
    make("p", {}, word("consensus-is", {
      said: words(shown.consensus), share: percent(shown.probability_ppm ?? 0),
    })),
    make("ul", {}, ...said));
}

function show(row) {
  const form = make("form", {});
  const text = content(queue.kind, row.text);
  const told = WHY[row.why]?.() ?? row.why;
  const why = make("p", { class: "quiet" }, word("why-reviewed", { why: told }));
  form.append(make("h2", {}, row.name), why, ...text);
  if (row.status === "open") {
    form.append(inputs(), make("button", { class: "main" }, word("answer-blind")));
  } else {
    const comment = make("textarea", { id: "comment", rows: "3" });
    comment.value = row.shown.comment;
    form.append(revealed(row.shown), inputs(row.shown.last ?? row.shown.consensus),
      make("label", { for: "comment" }, word("comment")), comment,
      make("button", { class: "main" }, word("save-review")));
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
  say(status, word("review-saved", { name: row.name }), "good");
  next();
}

function next() {
  const row = queue.reviews.find((it) => it.status === "blind")
    ?? queue.reviews.find((it) => it.status === "open");
  const left = queue.reviews.filter((it) => it.status !== "done").length;
  const told = word("reviews-left", { left, all: queue.reviews.length });
  document.querySelector("#left").textContent = told;
  if (row) show(row);
  else place.replaceChildren(make("p", { class: "empty" }, word("no-review")));
}

async function start() {
  queue = await ask("GET", `/api/v1/campaigns/${campaign}/reviews`);
  next();
}

start().catch((error) => say(status, error.message, "bad"));
