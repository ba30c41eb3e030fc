// The page that checks in this browser: the whole log, or one receipt.

import { make, onClick, say } from "./api.js";
import { Fault, readKey, verifyLog, verifyReceipt } from "./verify.js";
import { count, time, word } from "./words.js";

const page = document.querySelector("#check");
const keyField = document.querySelector("#log-key");
const witnessField = document.querySelector("#witness-keys");

const SIGNS = { good: "✓", bad: "✕", wait: "…" };

/** What holds, in the page's language, from what the check tells of it. */
const SAID = {
  key: ({ name }) => word("check-key", { name }),
  form: ({ index, bytes }) => word("check-form", { index: count(index), bytes: count(bytes) }),
  signature: ({ size }) => word("check-signature", { size: count(size) }),
  witness: ({ name, at_ms: at }) => word("check-witness", { name, time: time(at) }),
  leaf: ({ hash }) => word("check-leaf", { hash }),
  path: ({ steps, root }) => word("check-path", { steps: count(steps), root }),
  entries: ({ size, bytes }) => word("check-entries", { size: count(size), bytes: count(bytes) }),
  root: ({ root }) => word("check-root", { root }),
  known: ({ size }) => word("check-known", { size: count(size) }),
};

/** A list of steps that says each as it holds, and what did not. */
function steps(list) {
  list.replaceChildren();
  const add = (state, words) => {
    const sign = make("span", { class: "verdict", "aria-hidden": "true" }, SIGNS[state]);
    list.append(make("li", { "data-state": state }, sign, words));
  };
  return { good: (what, told) => add("good", SAID[what](told)), bad: (words) => add("bad", words) };
}

function obstacle() {
  if (globalThis.isSecureContext && globalThis.crypto?.subtle) return null;
  return word("insecure-check");
}

async function witnesses() {
  const lines = witnessField.value.split("\n").map((line) => line.trim()).filter(Boolean);
  return Promise.all(lines.map(readKey));
}

/** What this browser has seen of a log before. */
function remembered(key) {
  try {
    return JSON.parse(localStorage.getItem(`seen:${key}`)) ?? undefined;
  } catch {
    return undefined;
  }
}

function remember(key, { checkpoint, root }) {
  const digits = Array.from(root, (byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    localStorage.setItem(`seen:${key}`, JSON.stringify({ size: checkpoint.size, root: digits }));
  } catch {
    // A browser that keeps nothing checks all the same.
  }
}

async function read(path) {
  const cache = path === "checkpoint" ? "no-store" : "default";
  const response = await fetch(`/log/${path}`, { cache });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(word("node-answered-for", { status: response.status, path }));
  return new Uint8Array(await response.arrayBuffer());
}

/** What does not hold, in the page's language. */
function wrong({ code, gaps }) {
  const shown = Object.entries(gaps).map(([name, value]) => (
    [name, typeof value === "number" ? count(value) : value]));
  return word(code, Object.fromEntries(shown));
}

/** Runs a check, and says in one sentence how it went. */
async function judged(status, list, work) {
  const trouble = obstacle();
  if (trouble) return say(status, trouble, "bad");
  const told = steps(list);
  say(status, word("checking"));
  try {
    const words = await work(told);
    say(status, words ?? word("check-stopped"), words ? "good" : "note");
  } catch (error) {
    const proven = error instanceof Fault;
    const why = proven ? wrong(error) : error.message;
    told.bad(why);
    say(status, proven ? word("not-so", { why }) : why, "bad");
  }
}

const whole = {
  status: document.querySelector("#whole-status"),
  list: document.querySelector("#whole-steps"),
  bar: document.querySelector("#whole-progress"),
  stop: document.querySelector("#whole-stop"),
};
let stopped = false;

onClick(document.querySelector("#whole-go"), whole.status, () => {
  stopped = false;
  whole.stop.hidden = false;
  const began = performance.now();
  return judged(whole.status, whole.list, async (told) => {
    const key = keyField.value.trim();
    const found = await verifyLog(read, key, {
      witnesses: await witnesses(),
      known: remembered(key),
      told: told.good,
      stopped: () => stopped,
      progress: (done, all, bytes) => {
        whole.bar.hidden = false;
        whole.bar.max = all;
        whole.bar.value = done;
        const gaps = { done: count(done), all: count(all), size: count(Math.round(bytes / 1024)) };
        say(whole.status, word("check-progress", gaps));
      },
    });
    if (!found) return null;
    remember(key, found);
    const seconds = count(Math.round((performance.now() - began) / 100) / 10);
    return word("all-entries", { size: count(found.checkpoint.size), seconds });
  }).finally(() => {
    whole.stop.hidden = true;
  });
});
whole.stop.addEventListener("click", () => {
  stopped = true;
});

const one = {
  field: document.querySelector("#receipt"),
  status: document.querySelector("#receipt-status"),
  list: document.querySelector("#receipt-steps"),
};

/** A receipt that is linked, from this node alone, or pasted. */
async function receiptText() {
  const words = one.field.value.trim();
  const path = /^(?:https?:\/\/[^/]+)?(\/api\/v1\/receipt\/\d+)$/.exec(words)?.[1];
  const index = /^\d+$/.test(words) ? `/api/v1/receipt/${words}` : path;
  if (!index) return `${words}\n`;
  const response = await fetch(index);
  if (!response.ok) throw new Error(word("no-receipt", { place: index, status: response.status }));
  const text = await response.text();
  one.field.value = text;
  return text;
}

const checkReceipt = () => judged(one.status, one.list, async (told) => {
  const found = await verifyReceipt(await receiptText(), keyField.value.trim(), {
    witnesses: await witnesses(),
    told: told.good,
  });
  const { index } = found.receipt;
  return word("has-entry", { index: count(index), size: count(found.checkpoint.size) });
});
onClick(document.querySelector("#receipt-go"), one.status, checkReceipt);
if (page.dataset.receipt) {
  one.field.value = page.dataset.receipt;
  checkReceipt();
}
