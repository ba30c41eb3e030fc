// A node of its own for a test, and a browser to look at it with.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

const BROWSERS = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome"];

/** Starts `headwater run` on a free port with test money; `stop` ends it and clears up. */
export async function startNode(program) {
  const folder = mkdtempSync(join(tmpdir(), "headwater-browser-"));
  const args = ["run", "--data", join(folder, "node"), "--listen", "127.0.0.1:0",
    "--faucet", "1000000000", "--epoch-every", "3000", "--window", "1"];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let said = "";
  const url = await new Promise((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      said += chunk;
      const found = /address\s+(http:\S+)/.exec(said);
      if (found) resolve(found[1]);
    });
    ended.then((code) => reject(new Error(`the node has ended with ${code}: ${said}`)));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, stop };
}

/** The browser of this machine. */
export function startBrowser() {
  const executablePath = BROWSERS.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error("there is no Chromium; name one in CHROMIUM");
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
  return chromium.launch({ executablePath, headless: true, args });
}

/** A fresh visitor, whose page may say nothing on its console that is an error. */
export async function visitor(browser, url, options = {}) {
  const context = await browser.newContext({ baseURL: url, ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (line) => {
    // That the API says no is no fault of a page; that a file is missing is, and told below.
    const expected = line.text().startsWith("Failed to load resource");
    if (line.type() === "error" && !expected) errors.push(line.text());
  });
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    if (response.status() >= 400 && pathname.startsWith("/static/")) errors.push(pathname);
    if (response.status() >= 500) errors.push(`${response.status()} of ${pathname}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) {
      errors.push(`asks elsewhere: ${request.url()}`);
    }
  });
  page.setDefaultTimeout(30_000);
  return { context, page, errors };
}
