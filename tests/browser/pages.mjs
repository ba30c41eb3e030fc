// How long a node takes for each page at a million answers: `node pages.mjs [FOLDER]`, by hand.
//
// FOLDER keeps the node, so that it is filled once and measured often; ANSWERS asks for another
// number.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";

import { startNodeIn } from "../start.mjs";
import { Member, crowd, send, works } from "./crowd.mjs";

const PROGRAM = process.env.HEADWATER ?? "../../target/release/headwater";
const ANSWERS = Number(process.env.ANSWERS ?? 1_000_000);
const [PEOPLE, SMALL, OVERLAP, TIMES] = [40, 30, 5, 200];
/** Every so many tasks have a known answer. */
const KNOWN = 20;
/** A page that is slow is asked less often: for so many milliseconds. */
const LONGEST_MS = 20_000;
/** Milliseconds of CPU in one tick of `/proc`. */
const TICK_MS = 10;
const CLASSES = ["complaint", "praise", "neither"];
const SETTINGS = {
  classes: CLASSES, skill: "parcels", price_units: "100", overlap: OVERLAP, gold_ppm: 50_000,
  appeal_hours: 0, instructions: "Say what the writer felt.",
};
const MORE = ["--epoch-every", "30000", "--proxies", "1"];

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const truth = (task) => (task % KNOWN === 0 ? task / KNOWN % 3 : task % 3);

function units(count, known = true) {
  return Array.from({ length: count }, (_, at) => ({
    name: `u${at}`, text: `Review ${at}: the parcel came ${at % 7} days late, and nobody rang.`,
    ...(known && at % KNOWN === 0 ? { known: CLASSES[truth(at)] } : {}),
  }));
}

/** Half of the answers in a campaign that is done, half in one that still runs. */
async function fill(url) {
  const requester = await Member.join(url, 0);
  const people = await crowd(url, PEOPLE);
  for (let at = 1; at <= SMALL; at += 1) {
    await requester.open({ ...SETTINGS, title: `Small ${at}`, gold_ppm: 0 }, units(20, false));
  }
  // The last one guesses, and has much to appeal.
  const skill = (at) => (at === PEOPLE - 1 ? 0 : 0.72 + at * 0.006);
  const label = (task, at) => (
    Math.random() < skill(at) ? truth(task) : Math.floor(Math.random() * 3));
  const said = (given) => console.error(`${given} answers`);
  const half = Math.floor(ANSWERS / 2);
  const all = units(Math.floor(half / OVERLAP));
  const done = await requester.open({ ...SETTINGS, title: "Late parcels" }, all);
  await works(people, done, { most: Infinity, label, said });
  const more = units(Math.floor(all.length * 1.1));
  const open = await requester.open({ ...SETTINGS, title: "Late parcels, again" }, more);
  const given = await works(people, open, { most: half, label, said });
  let asset;
  while ((asset = (await requester.ask("GET", `/api/v1/campaigns/${done}`)).asset) == null) {
    await pause(500);
  }
  const [own, worker, guesser] = [requester, people[0], people[PEOPLE - 1]].map(
    ({ headers }) => headers.cookie);
  const answers = all.length * OVERLAP + given;
  return { answers, requester: own, worker, guesser, done, open, asset };
}

/** Every page but the operator's: who looks at it, and where it is. */
function pages({ done, open, asset }) {
  const stranger = ["/", "/login", "/tasks", "/campaigns", `/campaigns/${done}`, "/explore",
    "/explore?text=parcels", `/assets/${asset}`, `/assets/${asset}/origin`, "/audit",
    "/audit/check", "/audit/entry?index=1000", "/design"];
  const worker = ["/tasks", `/tasks/${open}`, `/tasks/${done}/standing`, `/tasks/${open}/standing`,
    "/earnings", "/levels", "/appeals", "/me", `/assets/${asset}`, "/register"];
  const steered = [done, open].flatMap((id) => (
    ["", "/people", "/disagreement", "/review"].map((part) => `/campaigns/${id}${part}`)));
  const requester = ["/campaigns", "/campaigns/new", "/me", `/assets/${asset}`, ...steered];
  const guesser = ["/appeals", "/earnings", `/tasks/${done}/standing`];
  return Object.entries({ stranger, worker, guesser, requester }).flatMap(
    ([who, paths]) => paths.map((path) => ({ who, path })));
}

/** Milliseconds on all cores so far. */
function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** One page, so often one after the other, from the request to the last byte. */
async function timed({ url, pid }, { who, path }, cookie) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { "accept-encoding": "gzip", ...(cookie ? { cookie } : {}) };
  const times = [];
  let bytes = 0;
  const [before, end] = [cpu(pid), performance.now() + LONGEST_MS];
  while (times.length < TIMES && performance.now() < end) {
    const start = performance.now();
    const answer = await send(agent, url + path, { headers });
    const took = performance.now() - start;
    // Somebody may ask so and so often.
    if (answer.status === 429) {
      await pause(5_000);
      continue;
    }
    times.push(took);
    assert.equal(answer.status, 200, `${path}: ${answer.status}`);
    bytes = answer.body.length;
  }
  const used = (cpu(pid) - before) / times.length;
  agent.destroy();
  times.sort((one, other) => one - other);
  const at = (share) => times[Math.ceil(times.length * share) - 1];
  return { who, path, times: times.length, p50: at(0.5), p99: at(0.99), used, bytes };
}

const kept = process.argv[2];
const folder = kept ?? mkdtempSync(join(tmpdir(), "headwater-pages-"));
mkdirSync(folder, { recursive: true });
const node = await startNodeIn(folder, PROGRAM, MORE);
let failed = false;
try {
  const known = join(folder, "filled.json");
  if (!existsSync(known)) writeFileSync(known, JSON.stringify(await fill(node.url)));
  const filled = JSON.parse(readFileSync(known, "utf8"));
  const rows = [];
  for (const page of pages(filled)) rows.push(await timed(node, page, filled[page.who]));
  rows.sort((one, other) => other.p99 - one.p99);
  console.log(`load ${loadavg()[0].toFixed(1)}, ${filled.answers} answers`);
  console.log("| page | as | times | p50, ms | p99, ms | server CPU, ms | bytes |");
  console.log("|---|---|---|---|---|---|---|");
  for (const { who, path, times, p50, p99, used, bytes } of rows) {
    console.log(`| \`${path}\` | ${who} | ${times} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | `
      + `${used.toFixed(2)} | ${bytes} |`);
  }
} catch (error) {
  failed = true;
  console.error(error);
} finally {
  await node.end();
  if (!kept) rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
