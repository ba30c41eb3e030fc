// The campaign wizard: settings, tasks, what it costs, money, signature.

import { ask, baseUnits, make, money, onClick, say } from "./api.js";
import { Raw, fromBase64 } from "./cbor.js";
import { QUERY, lines, read } from "./rows.js";
import { people } from "./rules.js";
import * as sign from "./sign.js";
import { count, language, percent as share, word } from "./words.js";

const LOOK_MS = 500;
const LOOKS = 120;

const form = document.querySelector("#wizard");
const status = document.querySelector("#status");
const at = (name) => form.elements.namedItem(name);
let plan = null;
let tasks = [];

const USUAL = {
  comparison: [word("usual-a"), word("usual-b"), word("usual-tie"), word("usual-bad")].join("\n"),
  rating: "1\n2\n3\n4\n5",
  text: "",
};

function showKind() {
  const kind = at("kind").value;
  document.querySelector("#classes-part").hidden = kind === "text";
  document.querySelector("#reasons-part").hidden = kind !== "comparison";
  const written = at("classes").value.trim();
  const untouched = !written || Object.values(USUAL).includes(written);
  if (untouched) at("classes").value = USUAL[kind] ?? "";
}

function showTasks() {
  const told = document.querySelector("#task-count");
  try {
    tasks = read(at("tasks").value);
    const known = tasks.filter((task) => task.known !== undefined).length;
    say(told, word("task-count", { tasks: count(tasks.length), known: count(known) }));
  } catch (error) {
    tasks = [];
    say(told, error.message, "bad");
  }
  const line = ({ name, text }) => make("li", {}, `${name}: ${text ?? ""}`);
  document.querySelector("#preview").replaceChildren(...tasks.slice(0, 3).map(line));
}

const several = (name) => at(name).value.split("\n").map((it) => it.trim()).filter(Boolean);
const percent = (name) => Math.round(Number(at(name).value || 0) * 10_000);

function settings() {
  const kind = at("kind").value;
  return {
    title: at("title").value.trim(),
    skill: at("skill").value.trim(),
    kind,
    classes: kind === "text" ? [] : several("classes"),
    reasons: kind === "comparison" ? several("reasons") : [],
    instructions: at("instructions").value,
    price_units: baseUnits(at("price").value).toString(),
    bonus_price_units: baseUnits(at("bonus").value).toString(),
    bonus_worth_units: baseUnits(at("worth").value).toString(),
    overlap: Number(at("overlap").value),
    gold_ppm: percent("gold"),
    target_ppm: percent("target"),
    ...people(),
  };
}

async function save() {
  if (!form.reportValidity()) throw new Error(word("missing-above"));
  if (tasks.length === 0) throw new Error(word("no-tasks"));
  const path = plan ? `/api/v1/plans/${plan}` : "/api/v1/plans";
  const saved = await ask(plan ? "PUT" : "POST", path, settings());
  plan = saved.id;
  const taken = await ask("PUT", `/api/v1/plans/${plan}/units${QUERY}`, lines(tasks));
  if (taken.tasks !== tasks.length) {
    const [fault] = taken.faults;
    const refused = word("task-refused", { task: fault?.place ?? "" });
    // What the reader of tables says of it is English.
    const what = language() === "en" && fault ? ` (${fault.what})` : "";
    throw new Error(`${refused}${what}`);
  }
  return ask("GET", `/api/v1/plans/${plan}/estimate`);
}

function row(name, value) {
  return [make("dt", {}, name), make("dd", {}, value)];
}

function showEstimate(estimate) {
  const { forecast } = estimate;
  const rows = [
    row(word("est-tasks"), count(estimate.tasks)),
    row(word("est-answers"), count(estimate.answers)),
    row(word("est-cost"), money(estimate.most_units)),
  ];
  if (forecast) {
    const [low, median, high] = forecast.accuracy_ppm.map(share);
    rows.push(row(word("est-right"), word("est-range", { median, low, high })));
  }
  document.querySelector("#estimate").replaceChildren(...rows.flat());
}

async function deposits() {
  const { deposits: all } = await ask("GET", "/api/v1/me/deposits");
  const filled = all.filter((fund) => BigInt(fund.free_units) > 0n);
  const free = filled.filter((fund) => fund.token === 0);
  const second = filled.filter((fund) => fund.token !== 0);
  const option = ({ fund, free_units: units, token }) => {
    const gaps = { fund, units: money(units), token };
    const name = token ? word("deposit-of-token", gaps) : word("deposit-free", gaps);
    return make("option", { value: fund }, name);
  };
  at("fund").replaceChildren(...free.map(option));
  at("bonus-fund").replaceChildren(...second.map(option));
  document.querySelector("#second").hidden = second.length === 0;
  const none = document.querySelector("#no-deposit");
  none.hidden = free.length > 0;
}

async function open() {
  const own = await sign.signer();
  say(status, word("saving"));
  showEstimate(await save());
  const paid = baseUnits(at("price").value) > 0n;
  if (paid && !at("fund").value) throw new Error(word("no-money"));
  const body = { fund: Number(at("fund").value || 0) };
  if (baseUnits(at("bonus").value) > 0n) body.bonus_fund = Number(at("bonus-fund").value);
  const prepared = await ask("POST", `/api/v1/plans/${plan}/prepare`, body);
  say(status, word("signing"));
  const command = new Raw(fromBase64(prepared.command));
  const signed = await sign.sign(own.record, { ...own, nonce: sign.nextNonce(), command });
  await sign.submit({ signed });
  say(status, word("opening-round"));
  for (let look = 0; look < LOOKS; look += 1) {
    const { campaign } = await ask("GET", `/api/v1/plans/${plan}`);
    if (campaign !== null) return location.assign(`/campaigns/${campaign}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(word("campaign-unseen"));
}

at("kind").addEventListener("change", showKind);
at("tasks").addEventListener("input", showTasks);
at("file").addEventListener("change", async () => {
  const [file] = at("file").files;
  if (!file) return;
  at("tasks").value = await file.text();
  showTasks();
});
form.addEventListener("submit", (event) => event.preventDefault());
onClick(document.querySelector("#save"), status, async () => {
  showEstimate(await save());
  say(status, word("plan-saved"), "good");
});
onClick(document.querySelector("#deposit"), status, async () => {
  say(status, word("asking-test-money"));
  await ask("POST", "/api/v1/me/deposits", {});
  await deposits();
  say(status, word("test-money"), "good");
});
onClick(document.querySelector("#open"), status, open);
showKind();
showTasks();
deposits().catch((error) => say(status, error.message, "bad"));
