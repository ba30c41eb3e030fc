// Somebody without a wallet: joins with a passkey, works, names an address, and has two browsers.

import assert from "node:assert/strict";

import { guest, opens, shot } from "./acts.mjs";
import { startBrowser, startNode, visitor } from "./node.mjs";

const PROGRAM = process.env.HEADWATER ?? "../../target/release/headwater";
const HOME = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
const OTHER = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359";
const TASKS = ["a", "b", "c", "d"].map((name) => ({ name, text: `The text of ${name}.` }));

/** An authenticator in the page, as phones have them. */
async function authenticator({ context, page }) {
  const cdp = await context.newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { cdp, authenticatorId };
}

async function joins(own) {
  const { page } = own;
  await page.goto("/login?next=/me");
  await page.getByText("New here without a wallet?").click();
  await page.getByRole("button", { name: "Make a passkey and join" }).click();
  await page.waitForURL((at) => at.pathname === "/me");
  assert.match(await page.locator(".who").innerText(), /Account \d+/);
  await page.locator("#passkeys tr").waitFor();
  await page.getByText("names the payout address").waitFor();
  await page.getByText("this browser", { exact: true }).waitFor();
  await shot(page, "passkey-me");
}

async function comesBack({ page }) {
  await page.getByRole("button", { name: "Log out" }).click();
  await page.waitForURL((at) => at.pathname === "/");
  await page.goto("/login?next=/me");
  await page.getByRole("button", { name: "Log in with a passkey" }).click();
  await page.waitForURL((at) => at.pathname === "/me");
  await page.locator("#passkeys tr").waitFor();
}

/** The passkey in another browser, as a password manager brings it there. */
async function synced(from, to) {
  const { credentials } = await from.cdp.send("WebAuthn.getCredentials", {
    authenticatorId: from.authenticatorId,
  });
  for (const credential of credentials) {
    await to.cdp.send("WebAuthn.addCredential", {
      authenticatorId: to.authenticatorId,
      credential: { ...credential, signCount: credential.signCount + 100 },
    });
  }
}

async function names({ page }, address) {
  await page.getByLabel("Address on the chain").fill(address);
  await page.getByRole("button", { name: "Name it with your passkey" }).click();
}

async function paid(own) {
  const { page } = own;
  await names(own, HOME.replace("Aeb", "aeb"));
  await page.getByText("The capitals of this address are wrong").waitFor();
  await names(own, HOME);
  await page.getByText("Your passkey has named the address").waitFor();
  assert.equal(await page.locator("#paid-at").innerText(), HOME);
  await names(own, OTHER);
  await page.getByText(`You will be paid at ${OTHER}`).waitFor();
  assert.equal(await page.locator("#paid-at").innerText(), HOME);
  await shot(page, "passkey-notice");
  await page.getByRole("button", { name: "Call it off" }).click();
  await page.getByText("Called off.").waitFor();
  assert.equal(await page.locator("#payout-notice").isVisible(), false);
}

const ready = (page) => page.locator("#task:not([hidden])").waitFor();

async function answers({ page }, count) {
  await ready(page);
  await page.keyboard.press("1");
  await page.keyboard.press("Enter");
  await page.waitForFunction(
    (said) => document.querySelector("#count").textContent === said,
    `${count} answered`,
  );
}

/** A second browser joins, and puts the first one's key out while it works. */
async function revoked(first, second, id) {
  const { page } = second;
  await page.goto("/login?next=/me");
  await page.getByRole("button", { name: "Log in with a passkey" }).click();
  await page.getByRole("button", { name: "Let this browser sign" }).click();
  await page.waitForURL((at) => at.pathname === "/me");
  await page.locator("#signers tr").nth(1).waitFor();
  await first.page.goto(`/tasks/${id}`);
  await answers(first, 1);
  await first.page.getByText("All sent").waitFor();
  const other = page.locator("#signers tr").filter({ hasNotText: "this browser" });
  await other.getByRole("button", { name: "Revoke" }).click();
  // It cannot be taken back, so it is asked about.
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("Revoked.").waitFor();
  await answers(first, 2);
  await first.page.getByText("signs no longer for your account").waitFor();
  await first.page.getByText("1 kept here").waitFor();
  await shot(first.page, "passkey-revoked");
  // Another key for this browser, and what was kept is sent.
  await first.page.getByRole("link", { name: "Let this browser sign again" }).click();
  await first.page.getByRole("button", { name: "Let this browser sign" }).click();
  await first.page.getByText("This browser signs for your account now").waitFor();
  await first.page.goto(`/tasks/${id}`);
  await first.page.getByText("All sent").waitFor();
  const kept = await first.page.evaluate(() =>
    Object.keys(localStorage).filter((name) => name.startsWith("outbox:"))
      .map((name) => localStorage.getItem(name)));
  assert.deepEqual(kept, ["[]"]);
  await answers(first, 1);
}

const node = await startNode(PROGRAM);
// Passkeys are for hosts with a name.
const url = node.url.replace("127.0.0.1", "localhost");
const browser = await startBrowser();
let failed = false;
try {
  const requester = await visitor(browser, url);
  const [first, second] = [await visitor(browser, url), await visitor(browser, url)];
  try {
    const [phone, laptop] = [await authenticator(first), await authenticator(second)];
    await joins(first);
    await comesBack(first);
    await paid(first);
    await guest(requester, "/campaigns/new");
    const id = await opens(requester, {
      title: "What is it?", classes: "one\ntwo", tasks: TASKS,
    });
    await synced(phone, laptop);
    await revoked(first, second, id);
    assert.deepEqual([...requester.errors, ...first.errors, ...second.errors], []);
    console.log("a passkey joins, comes back, is paid, and has two browsers: as it should be");
  } catch (error) {
    failed = true;
    console.error(error);
    console.error([...requester.errors, ...first.errors, ...second.errors].join("\n"));
    await shot(first.page, "failed-passkey-first");
    await shot(second.page, "failed-passkey-second");
  }
} finally {
  await browser.close();
  await node.stop();
}
process.exitCode = failed ? 1 : 0;
