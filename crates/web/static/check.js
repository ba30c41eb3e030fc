// The page that checks in this browser: the whole log, or one receipt.

import { make, onClick, say } from "./api.js";
import { Fault, readKey, verifyLog, verifyReceipt } from "./verify.js";

const page = document.querySelector("#check");
const keyField = document.querySelector("#log-key");
const witnessField = document.querySelector("#witness-keys");

const SIGNS = { good: "✓", bad: "✕", wait: "…" };

/** A list of steps that says each as it holds, and what did not. */
function steps(list) {
  list.replaceChildren();
  const add = (state, words) => {
    const sign = make("span", { class: "verdict", "aria-hidden": "true" }, SIGNS[state]);
    list.append(make("li", { "data-state": state }, sign, words));
  };
  return { good: (_, words) => add("good", words), bad: (words) => add("bad", words) };
}

function obstacle() {
  if (globalThis.isSecureContext && globalThis.crypto?.subtle) return null;
  return "This address is not secure (no TLS), so the browser lends its cryptography to no page "
    + "here. Open the node under https:// or as http://localhost, or use the offline command.";
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
  if (!response.ok) throw new Error(`The node answered ${response.status} for ${path}.`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Runs a check, and says in one sentence how it went. */
async function judged(status, list, work) {
  const trouble = obstacle();
  if (trouble) return say(status, trouble, "bad");
  const told = steps(list);
  say(status, "Checking…");
  try {
    const words = await work(told);
    say(status, words, words.startsWith("Stopped") ? "note" : "good");
  } catch (error) {
    told.bad(error.message);
    const proven = error instanceof Fault;
    say(status, proven ? `It does not hold: ${error.message}.` : error.message, "bad");
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
        say(whole.status, `${done} of ${all} entries, ${Math.round(bytes / 1024)} KiB`);
      },
    });
    if (!found) return "Stopped. Nothing was found out.";
    remember(key, found);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    return `All ${found.checkpoint.size} entries are those that the log has signed (${seconds} s).`;
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
  if (!response.ok) throw new Error(`There is no receipt at ${index} (${response.status}).`);
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
  return `The log has this entry at number ${index}, among ${found.checkpoint.size}.`;
});
onClick(document.querySelector("#receipt-go"), one.status, checkReceipt);
if (page.dataset.receipt) {
  one.field.value = page.dataset.receipt;
  checkReceipt();
}
