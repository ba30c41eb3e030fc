// How smooth the pages are: 500 tasks by keyboard, and a lineage of 5,000 assets moved by mouse.
//
// `node smooth.mjs`, by hand. TASKS and ASSETS ask for other numbers; 0 leaves that part out.

import assert from "node:assert/strict";
import { loadavg } from "node:os";

import { guest } from "./acts.mjs";
import { Member, crowd } from "./crowd.mjs";
import { pace } from "./measure.mjs";
import { startBrowser, startNode, visitor } from "./node.mjs";

const PROGRAM = process.env.HEADWATER ?? "../../target/release/headwater";
const TIMED = Number(process.env.TASKS ?? 500);
const ASSETS = Number(process.env.ASSETS ?? 5_500);
/** Assets of one layer; each is built on two of the layer before, so that soon on all of it. */
const WIDE = 50;
/** Somebody may ask so and so often: many register. */
const OWNERS = 12;
const [MOVES, TURNS] = [240, 120];
/** Between two tasks. */
const THINK_MS = 100;

const load = () => `load ${loadavg()[0].toFixed(1)}`;

/** Tasks by keyboard, from the key that sends to the paint of the next. */
async function keyed(browser, url) {
  const [requester, worker] = [await Member.join(url, 0), await visitor(browser, url)];
  await guest(worker, "/tasks");
  const tasks = Array.from({ length: TIMED + 10 }, (_, at) => ({
    name: `u${at + 1}`, text: `Review ${at + 1}: the parcel came ${at % 7} days late.`,
  }));
  const id = await requester.open({
    title: "Timed", classes: ["late", "in time"], price_units: "50000", overlap: 1, gold_ppm: 0,
    instructions: "Say what the writer felt.",
  }, tasks);
  await worker.page.goto(`/tasks/${id}`);
  const { p50, p95, max } = await pace(worker.page, TIMED, THINK_MS);
  console.log(`key to next task painted, ${TIMED} tasks: p50 ${p50.toFixed(1)} ms, `
    + `p95 ${p95.toFixed(1)} ms, max ${max.toFixed(1)} ms; ${load()}`);
  assert.deepEqual(worker.errors, []);
  await worker.context.close();
}

/** Layers of assets above and below each other; the number of one in the middle. */
async function lineage(url) {
  const owners = await crowd(url, OWNERS);
  const contents = await Promise.all(owners.map((owner) => owner.upload("one row\n")));
  for (let at = 0; at < ASSETS; at += 1) {
    const [layer, row] = [Math.floor(at / WIDE), at % WIDE];
    const above = (layer - 1) * WIDE;
    const parents = layer === 0 ? [] : [above + row, above + (row + 2 ** (layer % 6)) % WIDE];
    await owners[at % OWNERS].registers({
      kind: layer === 0 ? "dataset" : "model", title: `Layer ${layer}, ${row}`, rows: 1,
      purposes: ["train"], content: contents[at % OWNERS],
      parents: [...new Set(parents)].sort((one, other) => one - other),
    });
  }
  return Math.floor(ASSETS / WIDE / 2) * WIDE + WIDE / 2;
}

/** Notes when each frame begins, from now until the promise that it returns is asked for. */
function watched(page) {
  return page.evaluate(() => {
    globalThis.frames = [];
    const frame = (at) => {
      globalThis.frames.push(at);
      globalThis.watch = requestAnimationFrame(frame);
    };
    globalThis.watch = requestAnimationFrame(frame);
  });
}

/** Frames a second since [`watched`], and the longest between two. */
async function frames(page) {
  const times = await page.evaluate(() => {
    cancelAnimationFrame(globalThis.watch);
    return globalThis.frames;
  });
  const gaps = times.slice(1).map((time, at) => time - times[at]).sort((one, other) => one - other);
  const p99 = gaps[Math.ceil(gaps.length * 0.99) - 1];
  const rate = gaps.length * 1000 / (times.at(-1) - times[0]);
  const longest = gaps.at(-1).toFixed(0);
  return `${rate.toFixed(1)} frames/s, p99 ${p99.toFixed(0)} ms, longest ${longest} ms`;
}

/** The graph by drag and by wheel with Ctrl, as the browser has it from a mouse. */
async function moved(browser, url, id) {
  const { page, errors, context } = await visitor(browser, url, {
    viewport: { width: 1280, height: 800 },
  });
  await page.goto(`/assets/${id}`, { waitUntil: "load" });
  const graph = page.locator("svg[data-pan]").first();
  await graph.scrollIntoViewIfNeeded();
  const told = await page.evaluate(() => {
    const at = (name) => performance.getEntriesByName(name)[0].startTime;
    const [visit] = performance.getEntriesByType("navigation");
    return {
      server: visit.responseStart - visit.requestStart, bytes: visit.encodedBodySize,
      paint: at("first-contentful-paint"),
      boxes: document.querySelectorAll("svg[data-pan] .node").length,
      nodes: document.querySelector(".graph-view ~ .quiet")?.innerText ?? "all are drawn",
    };
  });
  console.log(`asset ${id} of ${ASSETS}: first byte ${told.server.toFixed(0)} ms, first paint `
    + `${told.paint.toFixed(0)} ms, ${told.boxes} boxes, ${told.bytes} bytes; ${told.nodes}`);
  const box = await graph.boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  const before = await graph.getAttribute("viewBox");
  await watched(page);
  await page.mouse.down();
  for (let step = 0; step < MOVES; step += 1) {
    const angle = step / 12;
    await page.mouse.move(x + 200 * Math.sin(angle), y + 120 * Math.sin(angle * 1.3));
  }
  await page.mouse.up();
  const dragged = await frames(page);
  assert.notEqual(await graph.getAttribute("viewBox"), before);
  await watched(page);
  await page.keyboard.down("Control");
  for (let turn = 0; turn < TURNS; turn += 1) {
    await page.mouse.wheel(0, turn % 20 < 10 ? 100 : -100);
  }
  await page.keyboard.up("Control");
  console.log(`dragged: ${dragged}; enlarged: ${await frames(page)}; ${load()}`);
  assert.deepEqual(errors, []);
  await context.close();
}

const node = await startNode(PROGRAM, ["--proxies", "1"]);
const browser = await startBrowser();
let failed = false;
try {
  if (TIMED > 0) await keyed(browser, node.url);
  if (ASSETS > 0) {
    const id = await lineage(node.url);
    for (const one of [id, 0]) await moved(browser, node.url, one);
  }
} catch (error) {
  failed = true;
  console.error(error);
} finally {
  await browser.close();
  await node.stop();
}
process.exitCode = failed ? 1 : 0;
