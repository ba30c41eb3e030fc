// What visitors do in more than one journey.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const SHOTS = process.env.SHOTS;

/** A picture of the whole page, where SHOTS names a folder for it. */
export async function shot(page, name) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

/** Logs in with a test wallet that the node makes. */
export async function guest({ page }, next) {
  await page.goto(`/login?next=${next}`);
  await page.getByRole("button", { name: "Try it as a guest" }).click();
  await page.waitForURL((at) => at.pathname === next);
  assert.match(await page.locator(".who").textContent(), /Account \d+/);
}

/** Opens a campaign through the wizard; returns its number. */
export async function opens({ page }, { title, kind = "choice", classes, reasons, tasks }) {
  await page.goto("/campaigns/new");
  await page.getByLabel("Title").fill(title);
  await page.getByLabel("Kind").selectOption(kind);
  if (classes) await page.getByLabel("Answers, one a line").fill(classes);
  if (reasons) await page.getByLabel("Reasons to tick").fill(reasons);
  await page.getByLabel("Instructions").fill("Say what the writer felt.");
  const text = tasks.map((task) => JSON.stringify(task)).join("\n");
  await page.getByLabel("Or typed").fill(text);
  await page.getByText(`${tasks.length} tasks`).waitFor();
  await page.getByLabel("Per answer").fill("0.05");
  await page.getByLabel("Answers per task").fill("1");
  await page.getByRole("button", { name: "Save and estimate" }).click();
  await page.locator("#estimate dd").first().waitFor();
  if ((await page.locator("#fund option").count()) === 0) {
    await page.getByRole("button", { name: "Get test money" }).click();
    await page.locator("#fund option").first().waitFor({ state: "attached" });
  }
  await shot(page, `wizard-${kind}`);
  await page.getByRole("button", { name: "Sign and open" }).click();
  await page.waitForURL(/\/campaigns\/\d+$/);
  return Number(new URL(page.url()).pathname.split("/").at(-1));
}
