// How the pages look and feel: every page in both themes and sizes, by rules of accessibility, by
// bytes, requests, layout shift and the time to the next task.

import assert from "node:assert/strict";

import { guest, opens, shot } from "./acts.mjs";
import { counted, pace, shifted, violations, watchFirst } from "./measure.mjs";
import { startBrowser, startNode, visitor } from "./node.mjs";

const PROGRAM = process.env.HEADWATER ?? "../../target/release/headwater";
const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } };
const TIMED = 100;

/** Tasks of a campaign. */
const tasks = (count) => Array.from({ length: count }, (_, at) => ({
  name: `u${at + 1}`, text: `Review ${at + 1}: the parcel came ${at % 7} days late, and nobody rang.`,
}));

/** Answers what there is until nothing is left. */
async function works(page, id, count) {
  await page.goto(`/tasks/${id}`);
  for (let turn = 0; turn < count; turn += 1) {
    await page.locator("#task:not([hidden])").waitFor();
    await page.keyboard.press("1");
    await page.keyboard.press("Enter");
  }
  await page.waitForFunction(() => document.querySelector("#sending").textContent === "All sent");
}

/** Looks again until there is something. */
async function until(look) {
  for (let turn = 0; turn < 240; turn += 1) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error("what was waited for has not come");
}

/** A node with something on every page: campaigns that run and one that is done. */
async function filled(browser, url) {
  const [requester, worker] = [await visitor(browser, url), await visitor(browser, url)];
  await guest(requester, "/campaigns/new");
  await guest(worker, "/tasks");
  const done = await opens(requester, {
    title: "Late parcels", classes: "complaint\npraise\nneither", tasks: tasks(24),
  });
  await works(worker.page, done, 24);
  const open = await opens(requester, {
    title: "Which answer is kinder?", kind: "comparison", reasons: "clearer\nkinder",
    tasks: [1, 2, 3, 4, 5, 6].map((at) => ({ name: `p${at}`, text: JSON.stringify({
      prompt: `Say no to invitation ${at}`, a: "I cannot come, sorry.", b: "No.",
    }) })),
  });
  await until(async () => (await fetch(`${url}/api/v1/assets/0`)).status === 200);
  return { requester, worker, done, open };
}

/** Each page by the rules, and nothing wider than the screen. */
async function ruled(browser, url, { requester, worker, done, open }) {
  const own = [`/campaigns/${open}`, `/campaigns/${open}/people`, `/campaigns/${open}/review`,
    `/campaigns/${done}/disagreement`, "/campaigns/new", "/register", "/me"];
  const theirs = ["/", "/login", "/tasks", `/tasks/${open}`, `/tasks/${done}/standing`,
    "/earnings", "/levels", "/appeals", "/campaigns", `/campaigns/${done}`, "/explore",
    "/assets/0", "/design", "/tasks/999"];
  for (const path of ["/audit", "/audit/check", "/audit/entry?index=0"]) {
    if ((await fetch(`${url}${path}`)).status === 200) theirs.push(path);
  }
  const faults = [];
  for (const [who, paths] of [[requester, own], [worker, theirs]]) {
    const storageState = await who.context.storageState({ indexedDB: true });
    for (const [size, viewport] of Object.entries(SIZES)) {
      for (const colorScheme of ["light", "dark"]) {
        // Colours are looked at where they rest, not on their way from one to another.
        const look = { viewport, colorScheme, storageState, reducedMotion: "reduce" };
        const eyes = await visitor(browser, url, look);
        for (const path of paths) {
          await eyes.page.goto(path, { waitUntil: "load" });
          if (path === `/tasks/${open}`) await eyes.page.locator("#task:not([hidden])").waitFor();
          const wide = await eyes.page.evaluate(() => document.documentElement.scrollWidth);
          const place = `${path} ${size} ${colorScheme}`;
          if (wide > viewport.width) faults.push(`${place}: ${wide} wide`);
          for (const fault of await violations(eyes.page)) faults.push(`${place}: ${fault}`);
          const name = path.replaceAll(/[/?]/g, "-").slice(1) || "home";
          await shot(eyes.page, `face-${size}-${colorScheme}-${name}`);
        }
        faults.push(...eyes.errors);
        await eyes.context.close();
      }
    }
  }
  assert.deepEqual(faults, []);
  return own.length + theirs.length;
}

/** Nothing moves once it is shown. */
async function still(browser, url, { worker, open }) {
  const storageState = await worker.context.storageState({ indexedDB: true });
  for (const viewport of Object.values(SIZES)) {
    const eyes = await visitor(browser, url, { viewport, storageState });
    for (const path of ["/", "/login", "/tasks", `/tasks/${open}`, "/earnings", "/campaigns"]) {
      await eyes.page.goto(path, { waitUntil: "load" });
      if (path === `/tasks/${open}`) await eyes.page.locator("#task:not([hidden])").waitFor();
      const sum = await shifted(eyes.page);
      assert.equal(sum, 0, `${path} at ${viewport.width} shifts by ${sum}`);
    }
    await eyes.context.close();
  }
}

/** Very narrow, very wide, twice as large, and from right to left: all of it fits. */
async function fits(browser, url, { worker, open }) {
  const storageState = await worker.context.storageState({ indexedDB: true });
  const shapes = [[320, 640, 1], [640, 400, 2], [3840, 2160, 1]];
  for (const [width, height, deviceScaleFactor] of shapes) {
    const options = { viewport: { width, height }, deviceScaleFactor, storageState };
    const eyes = await visitor(browser, url, options);
    for (const path of ["/", "/login", "/tasks", `/tasks/${open}`, "/earnings", "/design"]) {
      await eyes.page.goto(path, { waitUntil: "load" });
      for (const dir of ["ltr", "rtl"]) {
        const wide = await eyes.page.evaluate((way) => {
          document.documentElement.dir = way;
          return document.documentElement.scrollWidth;
        }, dir);
        assert.ok(wide <= width, `${path} ${dir} is ${wide} wide at ${width}`);
        if (width === 320 && dir === "rtl" && path === "/") await shot(eyes.page, "face-rtl-320");
      }
    }
    await eyes.context.close();
  }
}

/** The first page of a stranger, and the task page of somebody who works. */
async function small(browser, url, { worker, open }) {
  const stranger = await visitor(browser, url);
  const first = counted(stranger.page);
  await stranger.page.goto("/", { waitUntil: "load" });
  const home = await first.sums();
  await stranger.context.close();
  const storageState = await worker.context.storageState({ indexedDB: true });
  const eyes = await visitor(browser, url, { storageState });
  await watchFirst(eyes.context);
  const asked = counted(eyes.page);
  await eyes.page.goto(`/tasks/${open}`, { waitUntil: "load" });
  await eyes.page.waitForFunction(() => globalThis.firstTask);
  const firstTask = await eyes.page.evaluate(() => globalThis.firstTask);
  const task = await asked.sums();
  await eyes.context.close();
  console.log(`first page: ${home.bytes} bytes in ${home.requests} requests`);
  console.log(`task page: ${task.script} bytes of script, ${task.requests} requests, `
    + `first task after ${firstTask.toFixed(0)} ms`);
  assert.ok(home.bytes <= 50_000, JSON.stringify(home.rows));
  assert.ok(task.script <= 60_000, JSON.stringify(task.rows));
  assert.ok(task.requests <= 10, JSON.stringify(task.rows));
}

/** Theme and language are switched without script, and stay. */
async function chosen(browser, url) {
  const eyes = await visitor(browser, url, { javaScriptEnabled: false, locale: "es-MX" });
  const { page } = eyes;
  await page.goto("/tasks");
  assert.equal(await page.locator("html").getAttribute("lang"), "es");
  await page.getByRole("button", { name: "简体中文" }).click();
  await page.waitForURL("**/tasks");
  assert.equal(await page.locator("h1").innerText(), "任务");
  assert.equal(await page.locator("html").getAttribute("data-theme"), null);
  await page.getByRole("button", { name: "深色" }).click();
  await page.waitForURL("**/tasks");
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await page.goto("/");
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await shot(page, "face-zh");
  await eyes.context.close();
}

/** A whole campaign by thumb, from the login on: the button that sends is on the screen before and after each answer. */
async function byThumb(browser, url, { requester }) {
  const id = await opens(requester, {
    title: "By thumb", classes: "yes\nno", tasks: tasks(4),
  });
  const options = { viewport: { width: 390, height: 664 }, hasTouch: true, isMobile: true };
  const eyes = await visitor(browser, url, options);
  await guest(eyes, "/tasks");
  await eyes.page.goto(`/tasks/${id}`);
  for (let turn = 1; turn <= 4; turn += 1) {
    await eyes.page.locator("#task:not([hidden])").waitFor();
    const box = await eyes.page.locator("#submit").boundingBox();
    assert.ok(box.y >= 0 && box.y + box.height <= 664 && box.x + box.width <= 390, "on the screen");
    if (turn === 2) await shot(eyes.page, "face-thumb");
    await eyes.page.locator(".option").nth(turn % 2).tap();
    await eyes.page.locator("#submit").tap();
    await eyes.page.getByText(`${turn} answered`).waitFor();
  }
  await eyes.page.getByText("All sent").waitFor();
  assert.deepEqual(eyes.errors, []);
  await eyes.context.close();
}

/** A skip is taken back, and a draft survives a page that is loaded again without a connection. */
async function kept(browser, url, { worker, requester }) {
  const id = await opens(requester, {
    title: "Kept", kind: "text", tasks: tasks(3),
  });
  const storageState = await worker.context.storageState({ indexedDB: true });
  const eyes = await visitor(browser, url, { storageState });
  const { page } = eyes;
  await page.goto(`/tasks/${id}`);
  await page.locator("#task:not([hidden])").waitFor();
  await page.keyboard.type("half an answer");
  const name = await page.locator("#name").innerText();
  await page.locator("#skip").click();
  await page.getByText(/^Task \d+ goes to somebody else/).waitFor();
  await page.locator(".toast button").click();
  assert.equal(await page.locator("#name").innerText(), name);
  assert.equal(await page.locator("#words").inputValue(), "half an answer");
  await page.route("**/drafts/**", (route) => route.abort());
  await page.locator("#words").press("End");
  await page.keyboard.type(", and more");
  await page.reload();
  await page.locator("#task:not([hidden])").waitFor();
  await page.waitForFunction(
    () => document.querySelector("#words").value === "half an answer, and more",
  );
  await eyes.context.close();
}

const node = await startNode(PROGRAM);
const browser = await startBrowser();
let failed = false;
try {
  const all = await filled(browser, node.url);
  const pages = await ruled(browser, node.url, all);
  console.log(`${pages} pages in two themes and two sizes: no violation`);
  await still(browser, node.url, all);
  await fits(browser, node.url, all);
  await small(browser, node.url, all);
  await chosen(browser, node.url);
  await byThumb(browser, node.url, all);
  await kept(browser, node.url, all);
  const { requester, worker } = all;
  const id = await opens(requester, {
    title: "Timed", classes: "late\nin time", tasks: tasks(TIMED + 10),
  });
  await worker.page.goto(`/tasks/${id}`);
  const { p50, p95, max } = await pace(worker.page, TIMED);
  console.log(`key to next task painted, ${TIMED} tasks: p50 ${p50.toFixed(1)} ms, `
    + `p95 ${p95.toFixed(1)} ms, max ${max.toFixed(1)} ms`);
  assert.deepEqual([...requester.errors, ...worker.errors], []);
} catch (error) {
  failed = true;
  console.error(error);
} finally {
  await browser.close();
  await node.stop();
}
process.exitCode = failed ? 1 : 0;
