// The campaign wizard: settings, tasks, what it costs, money, signature.

import { ask, baseUnits, make, money, onClick, say } from "./api.js";
import { Raw, fromBase64 } from "./cbor.js";
import { QUERY, lines, read } from "./rows.js";
import { people } from "./rules.js";
import * as sign from "./sign.js";

const LOOK_MS = 500;
const LOOKS = 120;

const form = document.querySelector("#wizard");
const status = document.querySelector("#status");
const at = (name) => form.elements.namedItem(name);
let plan = null;
let tasks = [];

const USUAL = {
  comparison: "A is better\nB is better\nTie\nBoth bad",
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
  const count = document.querySelector("#task-count");
  try {
    tasks = read(at("tasks").value);
    const known = tasks.filter((task) => task.known !== undefined).length;
    say(count, `${tasks.length} tasks, ${known} with a known answer`);
  } catch (error) {
    tasks = [];
    say(count, error.message, "bad");
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
  if (!form.reportValidity()) throw new Error("Something is still missing above.");
  if (tasks.length === 0) throw new Error("There are no tasks yet. Paste some or choose a file.");
  const path = plan ? `/api/v1/plans/${plan}` : "/api/v1/plans";
  const saved = await ask(plan ? "PUT" : "POST", path, settings());
  plan = saved.id;
  const taken = await ask("PUT", `/api/v1/plans/${plan}/units${QUERY}`, lines(tasks));
  if (taken.tasks !== tasks.length) {
    const [fault] = taken.faults;
    throw new Error(`Task ${fault?.place ?? ""} was not taken: ${fault?.what ?? "it is no row"}.`);
  }
  return ask("GET", `/api/v1/plans/${plan}/estimate`);
}

const ppm = (value) => `${(value / 10_000).toFixed(1)} %`;

function row(name, value) {
  return [make("dt", {}, name), make("dd", {}, value)];
}

function showEstimate(estimate) {
  const { forecast } = estimate;
  const rows = [
    row("Tasks", String(estimate.tasks)),
    row("Answers at most", String(estimate.answers)),
    row("Cost at most", money(estimate.most_units)),
  ];
  if (forecast) {
    const [low, median, high] = forecast.accuracy_ppm.map(ppm);
    rows.push(row("Right labels to expect", `${median} (${low} to ${high})`));
  }
  document.querySelector("#estimate").replaceChildren(...rows.flat());
}

async function deposits() {
  const { deposits: all } = await ask("GET", "/api/v1/me/deposits");
  const filled = all.filter((fund) => BigInt(fund.free_units) > 0n);
  const free = filled.filter((fund) => fund.token === 0);
  const second = filled.filter((fund) => fund.token !== 0);
  const option = ({ fund, free_units: units, token }) => {
    const name = `Deposit ${fund}: ${money(units)} free${token ? ` of token ${token}` : ""}`;
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
  say(status, "Saving…");
  showEstimate(await save());
  const paid = baseUnits(at("price").value) > 0n;
  if (paid && !at("fund").value) throw new Error("There is no money yet. Make a deposit first.");
  const body = { fund: Number(at("fund").value || 0) };
  if (baseUnits(at("bonus").value) > 0n) body.bonus_fund = Number(at("bonus-fund").value);
  const prepared = await ask("POST", `/api/v1/plans/${plan}/prepare`, body);
  say(status, "Signing…");
  const command = new Raw(fromBase64(prepared.command));
  const signed = await sign.sign(own.record, { ...own, nonce: sign.nextNonce(), command });
  await sign.submit({ signed });
  say(status, "In the log. Opening the first round…");
  for (let look = 0; look < LOOKS; look += 1) {
    const { campaign } = await ask("GET", `/api/v1/plans/${plan}`);
    if (campaign !== null) return location.assign(`/campaigns/${campaign}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error("The campaign is in the log, but does not show yet. Look at your campaigns soon.");
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
  say(status, "Saved. Nothing is promised before you sign.", "good");
});
onClick(document.querySelector("#deposit"), status, async () => {
  say(status, "Asking the chain for test money…");
  await ask("POST", "/api/v1/me/deposits", {});
  await deposits();
  say(status, "Test money is on deposit.", "good");
});
onClick(document.querySelector("#open"), status, open);
showKind();
showTasks();
deposits().catch((error) => say(status, error.message, "bad"));
