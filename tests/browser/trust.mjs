// What can be checked and looked into: the audit in the browser, dashboards, models and their data.

import assert from "node:assert/strict";

import { guest, opens, shot } from "./acts.mjs";
import { shifted, violations } from "./measure.mjs";
import { startBrowser, startNode, visitor } from "./node.mjs";

const PROGRAM = process.env.HEADWATER ?? "../../target/release/headwater";
const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } };
const KNOWN = ["complaint", "praise"];

/** Tasks, every third with a known answer. */
const TASKS = Array.from({ length: 24 }, (_, at) => ({
  name: `u${at + 1}`,
  text: `Review ${at + 1}: the parcel came ${at % 7} days late, <b>and</b> nobody rang.`,
  ...(at % 3 === 0 ? { known: KNOWN[at % 2] } : {}),
}));

/** Looks again until there is something. */
async function until(look, turns = 480) {
  for (let turn = 0; turn < turns; turn += 1) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error("what was waited for has not come");
}

/** Test money on deposit: work with hidden checks asks for some. */
async function funded({ page }) {
  const has = () => page.evaluate(async () => {
    const csrf = document.querySelector('meta[name="csrf"]').content;
    const headers = { "hw-csrf": csrf, "content-type": "application/json" };
    const { deposits } = await (await fetch("/api/v1/me/deposits", { headers })).json();
    if (deposits.length > 0) return true;
    await fetch("/api/v1/me/deposits", { method: "POST", headers, body: "{}" });
    return false;
  });
  await until(has);
}

/** Answers what there is: what is known is mostly known. */
async function works({ page }, id) {
  await page.goto(`/tasks/${id}`);
  let last = "";
  for (let turn = 0; turn < TASKS.length; turn += 1) {
    await page.waitForFunction((was) => !document.querySelector("#task").hidden
      && document.querySelector("#name").textContent !== was, last);
    last = await page.locator("#name").textContent();
    const text = await page.locator("#content").innerText();
    const own = TASKS.find((task) => task.text === text);
    await page.keyboard.press(own?.known === "praise" || turn % 5 === 4 ? "2" : "1");
    await page.keyboard.press("Enter");
  }
  await page.waitForFunction(
    (words) => document.querySelector("#count").textContent === words
      && document.querySelector("#sending").textContent === "All sent",
    `${TASKS.length} answered`,
  );
}

/** Journey: the whole log, and a receipt, checked by the browser that shows them. */
async function verifies({ page }, url) {
  await page.goto("/audit");
  await page.getByText("It adds up to the unit").first().waitFor();
  await page.getByRole("link", { name: "Verify in this browser" }).click();
  await page.getByRole("button", { name: "Verify everything" }).click();
  await page.getByText(/^All [\d,]+ entries are those that the log has signed/).waitFor();
  assert.ok((await page.locator("#whole-steps [data-state='good']").count()) >= 4);
  // Once more: what was seen before is the beginning of what is seen now.
  await page.getByRole("button", { name: "Verify everything" }).click();
  await page.getByText("that this browser has seen before").waitFor();
  await shot(page, "trust-verified");
  const key = await page.getByLabel("The log's key").inputValue();
  const other = key.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
  await page.getByLabel("The log's key").fill(other);
  await page.getByRole("button", { name: "Verify everything" }).click();
  await page.getByText("It does not hold").waitFor();
  await page.goto("/audit/entry?index=1");
  await page.getByText("That is the root over").waitFor();
  await page.getByRole("link", { name: "Check in this browser" }).click();
  await page.getByText(/The log has this entry at number 1, among \d+/).waitFor();
  await shot(page, "trust-receipt");
  // Pasted, and with one letter of it changed.
  const receipt = await (await fetch(`${url}/api/v1/receipt/2`)).text();
  await page.getByLabel("A receipt, its address").fill(receipt);
  await page.getByRole("button", { name: "Check the receipt" }).click();
  await page.getByText(/at number 2, among/).waitFor();
  await page.getByLabel("A receipt, its address").fill(receipt.replace("index 2", "index 3"));
  await page.getByRole("button", { name: "Check the receipt" }).click();
  await page.locator("#receipt-status", { hasText: "It does not hold" }).waitFor();
}

/** Journey: a model is called, and its receipt leads to the data and the people. */
async function calls({ page }, url) {
  const model = await until(async () => {
    const { data } = await (await fetch(`${url}/v1/models`)).json();
    return data.find(({ headwater }) => headwater.engine === "softmax-hash");
  });
  const { asset } = model.headwater;
  await page.goto(`/assets/${asset}`);
  await page.getByLabel("A text to classify").fill("Where is my parcel?");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("button", { name: "Sign and set aside" }).click();
  await page.getByText("is set aside. Send again").waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  const answer = page.locator(".turn.answered").last();
  await answer.getByRole("link", { name: "Whose data made this" }).waitFor();
  assert.match(await answer.locator(".said").innerText(), /\S+ \(\d+(\.\d)? %\)/);
  await shot(page, "trust-playground");
  await answer.getByRole("link", { name: "Whose data made this" }).click();
  await page.getByText("which the log names, has signed it").waitFor();
  await page.getByText("accepted answers in").first().waitFor();
  await shot(page, "trust-origin");
  return asset;
}

/** Journey: a licence is bought in the market. */
async function buys({ page }, url) {
  const { assets } = await (await fetch(`${url}/api/v1/assets`)).json();
  const listed = assets.find((asset) => asset.listing && asset.listing.buyers.length === 0);
  if (!listed) return null;
  await page.goto(`/assets/${listed.id}`);
  await page.getByRole("button", { name: "Get the licence" }).first().click();
  // One that costs nothing is not asked about.
  const pay = page.getByRole("dialog").getByRole("button", { name: /^Pay / });
  const held = page.getByText("You hold grant");
  await pay.or(held).first().waitFor();
  if (await pay.isVisible()) await pay.click();
  await held.first().waitFor();
  await page.goto("/explore?kind=model");
  await page.locator("tbody a, .card a").first().waitFor();
  return listed.id;
}

/** Journey: an owner lowers what is due for one account, which builds under the waiver. */
async function waives(owner, developer) {
  const registers = async ({ page }, title) => {
    await page.locator("#title").fill(title);
    const buffer = Buffer.from(`text\n${title}\n`);
    await page.locator("#content").setInputFiles({ name: "own.csv", mimeType: "text/csv", buffer });
    await page.locator("input[name=purpose][value=redistribute]").check();
    await page.getByRole("button", { name: "Sign and register" }).click();
  };
  const account = await developer.page.evaluate(async () =>
    (await (await fetch("/api/v1/me")).json()).account);
  const { page } = owner;
  await page.goto("/register");
  await page.locator("#floor").fill("5");
  await registers(owner, "street signs");
  await page.waitForURL(/\/assets\/\d+$/);
  const { pathname } = new URL(page.url());
  await page.getByText("Offer a waiver").click();
  await page.getByLabel("To this account").fill(String(account));
  await page.getByLabel("What its asset pays instead").fill("1.25");
  await page.locator("#waiver-price").fill("0.5");
  await page.locator("#waiver button").click();
  await page.getByText("that pays 1.25 % of all it takes instead of 5 %, for 0.50").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Sign and offer" }).click();
  await page.locator("#waivers tbody").getByText("1.25 %").waitFor();
  await shot(page, "trust-waiver");
  await developer.page.goto(pathname);
  await developer.page.getByRole("link", { name: "Use it" }).click();
  await registers(developer, "street signs, sorted");
  const asked = developer.page.getByRole("dialog");
  await asked.getByText("cost 0.50, paid from your deposit").waitFor();
  await asked.getByRole("button", { name: "Sign and register" }).click();
  await developer.page.waitForURL(/\/assets\/\d+$/);
  await developer.page.getByText("of all it takes, not 5 %").waitFor();
  await page.reload();
  await page.locator("#waivers tbody").getByText("used by").waitFor();
  return pathname;
}

/** A graph of many is moved without a stutter. */
async function pans({ page }, asset) {
  await page.goto(`/assets/${asset}`);
  const graph = page.locator("svg[data-pan]");
  await graph.scrollIntoViewIfNeeded();
  // It is fitted to the page in the first frame.
  await page.locator(".graph-keys").waitFor();
  await page.evaluate(() => new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(resolve));
  }));
  const box = async () => (await graph.getAttribute("viewBox")).split(" ").map(Number);
  const before = await box();
  await graph.focus();
  await page.keyboard.press("+");
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((was) =>
    document.querySelector("svg[data-pan]").getAttribute("viewBox") !== was, before.join(" "));
  assert.ok((await box())[2] < before[2]);
}

/** Each page by the rules of accessibility, within the screen, and still. */
async function ruled(browser, url, who, paths) {
  const storageState = await who.context.storageState({ indexedDB: true });
  const faults = [];
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of ["light", "dark"]) {
      const eyes = await visitor(browser, url, { viewport, colorScheme, storageState });
      for (const path of paths) {
        await eyes.page.goto(path, { waitUntil: "load" });
        const place = `${path} ${size} ${colorScheme}`;
        const wide = await eyes.page.evaluate(() => document.documentElement.scrollWidth);
        if (wide > viewport.width) faults.push(`${place}: ${wide} wide`);
        for (const fault of await violations(eyes.page)) faults.push(`${place}: ${fault}`);
        const moved = await shifted(eyes.page);
        if (moved > 0) faults.push(`${place}: shifts by ${moved}`);
        const name = path.replaceAll(/[/?=&]/g, "-").slice(1);
        await shot(eyes.page, `trust-${size}-${colorScheme}-${name}`);
      }
      faults.push(...eyes.errors);
      await eyes.context.close();
    }
  }
  assert.deepEqual(faults, []);
}

/** What only shows things works without script. */
async function plain(browser, url, asset) {
  const eyes = await visitor(browser, url, { javaScriptEnabled: false });
  for (const [path, words] of [
    ["/audit", "It adds up to the unit"],
    ["/audit/entry?index=0", "That is the root over"],
    ["/audit/check", "runs no scripts here"],
    [`/assets/${asset}`, "What is built on it"],
    [`/assets/${asset}/origin`, "The path to the labels"],
    ["/campaigns/0", "Answers by the hour"],
  ]) {
    await eyes.page.goto(path);
    assert.ok((await eyes.page.content()).includes(words), `${words} on ${path}`);
  }
  await eyes.context.close();
}

const node = await startNode(PROGRAM, ["--demo"]);
const browser = await startBrowser();
let failed = false;
try {
  const requester = await visitor(browser, node.url);
  const worker = await visitor(browser, node.url);
  try {
    await guest(requester, "/campaigns/new");
    await guest(worker, "/tasks");
    const id = await opens(requester, {
      title: "Late parcels <script>", classes: "complaint\npraise", tasks: TASKS,
    });
    await funded(worker);
    await works(worker, id);
    await until(async () => {
      const { labels } = await (await fetch(`${node.url}/api/v1/campaigns/${id}/labels`)).json();
      return labels.some(({ label }) => label);
    });
    await verifies(worker, node.url);
    const asset = await calls(worker, node.url);
    const bought = await buys(requester, node.url);
    const waived = await waives(worker, requester);
    await pans(worker, asset);
    await plain(browser, node.url, asset);
    await ruled(browser, node.url, requester, [`/campaigns/${id}`, "/campaigns/0",
      `/campaigns/${id}/disagreement`, "/audit", "/audit/entry?index=5", "/audit/check",
      `/assets/${asset}`, `/assets/${asset}/origin`, waived, "/explore"]);
    assert.deepEqual([...requester.errors, ...worker.errors], []);
    console.log(`the log checked, a model called, ${bought === null ? "no" : "a"} licence bought, `
      + "a waiver used, ten pages by the rules: as they should be");
  } catch (error) {
    failed = true;
    console.error(error);
    console.error([...requester.errors, ...worker.errors].join("\n"));
    await shot(requester.page, "failed-trust-requester");
    await shot(worker.page, "failed-trust-worker");
  }
} finally {
  await browser.close();
  await node.stop();
}
process.exitCode = failed ? 1 : 0;
