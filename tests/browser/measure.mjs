// What is measured of a page: bytes and requests, layout shift, and how soon the next task is painted.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Violations of WCAG 2.2 AA, and of what is good practice, in words. */
export async function violations(page) {
  await page.evaluate(AXE);
  const { violations: found } = await page.evaluate(
    (values) => globalThis.axe.run(document, { runOnly: { type: "tag", values } }),
    RULES,
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(" | ")}`);
}

/** Counts what a page asks for from now on; `sums` waits for all of it. */
export function counted(page) {
  const done = [];
  // A stream of events never ends, and is no part of what a page weighs.
  page.on("requestfinished", (request) => done.push(request));
  return {
    async sums() {
      const rows = [];
      for (const request of done) {
        const { responseBodySize, responseHeadersSize } = await request.sizes();
        const bytes = responseBodySize + responseHeadersSize;
        rows.push({ path: new URL(request.url()).pathname, kind: request.resourceType(), bytes });
      }
      const sum = (all) => all.reduce((total, { bytes }) => total + bytes, 0);
      const scripts = rows.filter(({ kind }) => kind === "script");
      return { requests: rows.length, bytes: sum(rows), script: sum(scripts), rows };
    },
  };
}

/** Sum of the layout shifts so far. */
export function shifted(page) {
  return page.evaluate(() => new Promise((resolve) => {
    let sum = 0;
    const add = (list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
    };
    new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => resolve(sum), 300);
  }));
}

/** Lets a page note when its first task was seen, in milliseconds after it was asked for. */
export async function watchFirst(context) {
  await context.addInitScript(() => {
    const look = () => {
      if (!document.querySelector("#task:not([hidden])")) return requestAnimationFrame(look);
      globalThis.firstTask = performance.now();
      return undefined;
    };
    look();
  });
}

/**
 * Answers tasks by two keys each; how long each took from the key to the next task's paint.
 * `think` milliseconds pass before each: nobody may ask more often than a node allows.
 */
export async function pace(page, tasks, think = 0) {
  await page.evaluate(() => {
    let key = null;
    globalThis.painted = [];
    document.addEventListener("keydown", (event) => {
      if (event.key === "Enter") key = event.timeStamp;
    }, true);
    new MutationObserver(() => {
      if (key === null) return;
      const since = key;
      key = null;
      // After the frame that shows it.
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => globalThis.painted.push(performance.now() - since);
        channel.port2.postMessage(0);
      });
    }).observe(document.querySelector("#content"), { childList: true });
  });
  for (let turn = 0; turn < tasks; turn += 1) {
    await page.locator("#task:not([hidden])").waitFor();
    await page.waitForTimeout(think);
    await page.keyboard.press(turn % 2 === 0 ? "1" : "2");
    await page.keyboard.press("Enter");
    await page.waitForFunction((count) => globalThis.painted.length > count, turn);
  }
  const times = await page.evaluate(() => globalThis.painted);
  assert.equal(times.length, tasks);
  times.sort((one, other) => one - other);
  const at = (share) => times[Math.min(times.length - 1, Math.ceil(times.length * share) - 1)];
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}
