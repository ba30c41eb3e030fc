// What Lighthouse says of the five main pages, on a phone and on a desk: `node score.mjs`, by hand.
//
// Lighthouse comes from npm into a folder that LIGHTHOUSE names, or into one that is thrown away.
// Arguments name parts of paths, where not all pages are meant; REPORTS names a folder for reports.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

import { guest, opens } from "./acts.mjs";
import { Member, works } from "./crowd.mjs";
import { ARGUMENTS, browserPath, startNode } from "./node.mjs";

const PROGRAM = process.env.HEADWATER ?? "../../target/release/headwater";
const VERSION = "12.8.2";
const PARTS = process.argv.slice(2);
const LEAST = 95;
const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];
const TASKS = Array.from({ length: 60 }, (_, at) => ({
  name: `u${at + 1}`, text: `Review ${at + 1}: the parcel came ${at % 7} days late.`,
}));

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Lighthouse and its settings for a desk, from where npm has put them. */
async function lighthouse(folder) {
  const at = (file) => pathToFileURL(join(folder, "node_modules", "lighthouse", file)).href;
  const found = await import(at("core/index.js")).catch(() => null);
  if (!found) {
    const args = ["install", "--prefix", folder, "--no-save", `lighthouse@${VERSION}`];
    execFileSync("npm", args, { stdio: ["ignore", "ignore", "inherit"] });
  }
  const { default: run, desktopConfig } = found ?? await import(at("core/index.js"));
  return { run, desk: desktopConfig };
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** The browser's guest has a campaign that is done, and may work in another's; the five pages. */
async function filled(page, url) {
  const [requester, worker] = [await Member.join(url, 1), await Member.join(url, 2)];
  await guest({ page }, "/campaigns/new");
  const settings = { title: "Late parcels", classes: "complaint\npraise", tasks: TASKS };
  const done = await opens({ page }, settings);
  await works([worker], done, { most: Infinity, label: (task) => task % 2 });
  while ((await fetch(`${url}/api/v1/assets/0`)).status !== 200) await pause(250);
  const open = await requester.open({
    title: "Late parcels, again", classes: ["complaint", "praise"], price_units: "50000",
    overlap: 1, gold_ppm: 0, instructions: "Say what the writer felt.",
  }, TASKS);
  return ["/", `/tasks/${open}`, `/campaigns/${done}`, "/assets/0", "/audit"];
}

/** Scores of one page, of 100, and what was found wanting. */
async function scored({ run, desk }, port, address, wide) {
  // The session and the key that signs stay: the task page is nothing without them.
  const flags = { port, output: "json", logLevel: "error", disableStorageReset: true,
    onlyCategories: CATEGORIES };
  const { lhr } = await run(address, flags, wide ? desk : undefined);
  assert.equal(lhr.runtimeError, undefined, JSON.stringify(lhr.runtimeError));
  const scores = CATEGORIES.map((name) => Math.round(lhr.categories[name].score * 100));
  const wanting = CATEGORIES.flatMap((name) => lhr.categories[name].auditRefs
    .filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null
      && lhr.audits[id].score < 0.9)
    .map(({ id }) => `${id} ${lhr.audits[id].displayValue ?? ""}`.trim()));
  return { scores, wanting, lhr };
}

const packages = process.env.LIGHTHOUSE ?? mkdtempSync(join(tmpdir(), "headwater-lighthouse-"));
const profile = mkdtempSync(join(tmpdir(), "headwater-profile-"));
const tool = await lighthouse(packages);
const node = await startNode(PROGRAM, ["--proxies", "1"]);
const port = await freePort();
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: browserPath(), headless: true, baseURL: node.url,
  args: [...ARGUMENTS, `--remote-debugging-port=${port}`],
});
let failed = false;
try {
  const all = await filled(browser.pages()[0], node.url);
  const meant = (path) => PARTS.length === 0 || PARTS.some((part) => path.includes(part));
  const paths = all.filter(meant);
  console.log(`| page | screen | ${CATEGORIES.join(" | ")} | wanting | load |`);
  console.log(`|---|---|${CATEGORIES.map(() => "---|").join("")}---|---|`);
  for (const path of paths) {
    for (const screen of ["phone", "desk"]) {
      const { scores, wanting, lhr } = await scored(tool, port, node.url + path, screen === "desk");
      if (process.env.REPORTS) {
        const name = `${screen}${path.replaceAll("/", "-")}.json`;
        writeFileSync(join(process.env.REPORTS, name), JSON.stringify(lhr));
      }
      if (scores.some((score) => score < LEAST)) failed = true;
      console.log(`| \`${path}\` | ${screen} | ${scores.join(" | ")} | ${wanting.join("; ")} | `
        + `${loadavg()[0].toFixed(1)} |`);
    }
  }
} catch (error) {
  failed = true;
  console.error(error);
} finally {
  await browser.close();
  await node.stop();
  rmSync(profile, { recursive: true, force: true });
  if (!process.env.LIGHTHOUSE) rmSync(packages, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
