// Two people and a browser: one opens a campaign, the other works on it by keyboard and is paid.

import assert from "node:assert/strict";
import { guest, opens, shot } from "./acts.mjs";
import { startBrowser, startNode, visitor } from "./node.mjs";
import { Wallet } from "./wallet.mjs";

const PROGRAM = process.env.HEADWATER ?? "../../target/release/headwater";
const TASKS = [
  { name: "u1", text: "I loved every minute." },
  { name: "u2", text: "<script>document.title='broken'</script><b>Awful.</b>" },
  { name: "u3", text: '{"product": "Kettle", "review": "Leaks."}' },
  { name: "u4", text: "It does what it says." },
  { name: "u5", text: "Never again." },
  { name: "u6", text: "A joy to use." },
];

/** A wallet of one's own: declined once, then two signatures; the second visit takes one. */
async function owner(browser, url) {
  const own = await visitor(browser, url);
  const wallet = new Wallet();
  await wallet.enter(own.context);
  const { page } = own;
  const enter = page.getByRole("button", { name: "Log in with Test Wallet" });
  await page.goto("/login?next=/earnings");
  wallet.declines = true;
  await enter.click();
  await page.getByText("You declined in your wallet").waitFor();
  wallet.declines = false;
  wallet.asked = [];
  await enter.click();
  await page.waitForURL((at) => at.pathname === "/earnings");
  await page.getByText("You have answered nothing yet").waitFor();
  assert.equal(wallet.asked.at(-1), "eth_signTypedData_v4");
  await page.getByRole("button", { name: "Log out" }).click();
  await page.waitForURL((at) => at.pathname === "/");
  await page.goto("/login?next=/earnings");
  wallet.asked = [];
  await enter.click();
  await page.waitForURL((at) => at.pathname === "/earnings");
  assert.equal(wallet.asked.at(-1), "personal_sign", "the browser's key is known already");
  // Elsewhere than to a page of ours nobody is sent after logging in.
  await page.goto("/login?next=https://evil.example/");
  await enter.click();
  await page.waitForURL((at) => at.pathname === "/" && at.origin === url);
  await own.context.close();
  // Another browser of the same person may look, and lets itself sign if it wants to.
  const other = await visitor(browser, url);
  await wallet.enter(other.context);
  await other.page.goto("/login?next=/earnings");
  await other.page.getByRole("button", { name: "Log in with Test Wallet" }).click();
  await other.page.getByText("this browser needs a key of its own").waitFor();
  await other.page.goto("/earnings");
  await other.page.getByText("You have answered nothing yet").waitFor();
  await other.page.goto("/me");
  await other.page.getByRole("button", { name: "Let this browser sign" }).click();
  await other.page.getByText("This browser signs for your account now").waitFor();
  await other.page.locator("#signers tr").nth(1).waitFor();
  await other.context.close();
  assert.deepEqual([...own.errors, ...other.errors], []);
}

async function inLog(page, count) {
  await page.waitForFunction(
    ([answered]) => document.querySelector("#count")?.textContent === `${answered} answered`
      && document.querySelector("#sending")?.textContent === "All sent",
    [count],
  );
}

/** The first task is shown. */
const ready = (page) => page.locator("#task:not([hidden])").waitFor();

/** Journey 1 and 2: a choice, worked through by keyboard, one answer undone. */
async function choice(requester, worker, url) {
  const id = await opens(requester, {
    title: "How did they feel?", classes: "positive\nnegative", tasks: TASKS,
  });
  const { page } = worker;
  await page.goto(`/tasks/${id}`);
  await ready(page);
  await shot(page, "player-choice");
  const answers = {};
  for (let turn = 0; turn < TASKS.length; turn += 1) {
    const shown = await page.locator("#content").innerText();
    const task = TASKS.find(({ text }) => text === shown)
      ?? TASKS.find(({ text }) => text.includes("Kettle"));
    answers[task.name] = turn % 2 === 0 ? "positive" : "negative";
    if (task.name === "u2") {
      assert.equal(await page.locator("#content script, #content b").count(), 0);
      assert.notEqual(await page.title(), "broken");
      await shot(page, "player-script");
    }
    if (task.name === "u3") assert.equal(await page.locator("#content dt").count(), 2);
    await page.keyboard.press(turn % 2 === 0 ? "1" : "2");
    await page.keyboard.press("Enter");
    if (turn === 1) {
      // Undone: the same task again, with the answer that was given.
      await page.keyboard.press("u");
      await page.getByText("This is your last answer").waitFor();
      assert.equal(await page.locator("input[value='1']").isChecked(), true);
      await page.keyboard.press("1");
      await page.keyboard.press("Enter");
      await page.getByText("takes the old one's place").waitFor();
      answers[task.name] = "positive";
    }
    if (turn < TASKS.length - 1) await ready(page);
    const words = `${turn + 1} answered`;
    await page.waitForFunction(
      (said) => document.querySelector("#count").textContent === said,
      words,
    );
  }
  await inLog(page, TASKS.length);
  await page.getByText("You have answered all there is").waitFor();
  const labels = await until(async () => {
    const response = await fetch(`${url}/api/v1/campaigns/${id}/labels`);
    const { labels: rows } = await response.json();
    return rows.length === TASKS.length && rows.every((row) => row.label) ? rows : null;
  });
  const given = Object.fromEntries(labels.map((row) => [row.name, row.label]));
  assert.deepEqual(given, answers, "the labels are the answers, the undone one replaced");
  await requester.page.goto(`/campaigns/${id}`);
  await requester.page.getByRole("rowheader", { name: "u6" }).waitFor();
  await shot(requester.page, "dashboard");
  return id;
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

async function earns({ page }) {
  await page.goto("/earnings");
  await page.getByRole("link", { name: "How did they feel?" }).first().waitFor();
  const payable = page.locator(".figure", { hasText: "Payable" }).locator("dd");
  await until(async () => (await payable.innerText()) === "0.30");
  await shot(page, "earnings");
  await page.getByRole("button", { name: "Claim" }).click();
  await page.getByRole("button", { name: "Write it and claim" }).click();
  // The chain learns the address with the next epoch.
  await until(async () => {
    const words = await page.locator("#status").innerText();
    if (/^Paid 0\.30 to 0x/.test(words)) return true;
    if (words.startsWith("Nothing is due")) {
      await page.getByRole("button", { name: "Claim" }).click();
    }
    return false;
  });
  await shot(page, "earnings-claimed");
  const table = await page.evaluate(async () => (await fetch("/earnings.csv")).text());
  assert.match(table, /^campaign,block,status/);
  assert.match(table, /accepted/);
}

/** The four other kinds, each by its keys. */
async function kinds(requester, worker) {
  const { page } = worker;
  const pair = JSON.stringify({ prompt: "Say hello", a: "Hello there.", b: "Go away." });
  const cases = [
    { kind: "choices", classes: "red\ngreen\nblue", keys: ["1", "3", "Enter"],
      tasks: [{ name: "c1", text: "A flag" }, { name: "c2", text: "Another flag" }] },
    { kind: "rating", keys: ["4", "Enter"], tasks: [{ name: "r1", text: "How good?" }] },
    { kind: "comparison", reasons: "clearer\nkinder", keys: ["a", "2", "Enter"],
      tasks: [{ name: "p1", text: pair }] },
    { kind: "text", keys: [], tasks: [{ name: "t1", text: "Put it in your own words." }] },
  ];
  for (const { keys, ...campaign } of cases) {
    const id = await opens(requester, { title: `Kind ${campaign.kind}`, ...campaign });
    await page.goto(`/tasks/${id}`);
    for (let turn = 1; turn <= campaign.tasks.length; turn += 1) {
      await ready(page);
      if (turn === 1) await shot(page, `player-${campaign.kind}`);
      for (const key of keys) await page.keyboard.press(key);
      if (campaign.kind === "text") {
        await page.keyboard.type("s and u are letters here");
        await page.keyboard.press("Control+Enter");
      }
      await inLog(page, turn);
    }
  }
}

/** Without a connection answers wait, and say so; with one they go. */
async function offline(requester, worker) {
  const id = await opens(requester, {
    title: "A lost connection", classes: "yes\nno", tasks: TASKS.slice(3),
  });
  const { page, context, errors } = worker;
  await page.goto(`/tasks/${id}`);
  await ready(page);
  await context.setOffline(true);
  await page.keyboard.press("1");
  await page.keyboard.press("Enter");
  await page.getByText("No connection. 1 waiting to send").waitFor();
  await shot(page, "player-offline");
  await context.setOffline(false);
  await inLog(page, 1);
  await page.keyboard.press("s");
  await page.getByText(/^Task \d+ goes to somebody else/).waitFor();
  // The lost connection itself is an error of the console, and was meant.
  errors.splice(0, errors.length, ...errors.filter((line) => !line.includes("ERR_INTERNET")));
}

/** Every page on a phone and in the dark: nothing is wider than the screen. */
async function looks(browser, url, worker, id) {
  const state = await worker.context.storageState({ indexedDB: true });
  const paths = ["/", "/login", "/tasks", `/tasks/${id}`, "/earnings", "/campaigns",
    "/campaigns/new", `/campaigns/${id}`, "/tasks/999"];
  const sizes = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } };
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ["light", "dark"]) {
      const options = { viewport, colorScheme, storageState: state };
      const own = await visitor(browser, url, options);
      for (const path of paths) {
        await own.page.goto(path);
        const wide = await own.page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= viewport.width, `${path} is ${wide} wide at ${viewport.width}`);
        const name = path.replaceAll("/", "-").slice(1) || "home";
        await shot(own.page, `look-${size}-${colorScheme}-${name}`);
      }
      await own.context.close();
    }
  }
}

/** What only shows things works without script. */
async function plain(browser, url, id) {
  const own = await visitor(browser, url, { javaScriptEnabled: false });
  await own.page.goto("/campaigns");
  await own.page.getByRole("link", { name: "How did they feel?" }).click();
  await own.page.getByRole("rowheader", { name: "u6" }).waitFor();
  const response = await own.page.goto(`/tasks/${id}`);
  assert.match(response.headers()["content-security-policy"], /default-src 'none'/);
  await own.page.getByText("Say what the writer felt.").waitFor();
  await own.context.close();
}

const node = await startNode(PROGRAM);
const browser = await startBrowser();
let failed = false;
try {
  const requester = await visitor(browser, node.url);
  const worker = await visitor(browser, node.url);
  try {
    await guest(requester, "/campaigns/new");
    await guest(worker, "/tasks");
    await owner(browser, node.url);
    const id = await choice(requester, worker, node.url);
    await earns(worker);
    await kinds(requester, worker);
    await offline(requester, worker);
    await plain(browser, node.url, id);
    await looks(browser, node.url, worker, id);
    assert.deepEqual([...requester.errors, ...worker.errors], []);
    console.log("two journeys, five kinds, a lost connection, all pages: as they should be");
  } catch (error) {
    failed = true;
    console.error(error);
    console.error([...requester.errors, ...worker.errors].join("\n"));
    await shot(requester.page, "failed-requester");
    await shot(worker.page, "failed-worker");
  }
} finally {
  await browser.close();
  await node.stop();
}
process.exitCode = failed ? 1 : 0;
