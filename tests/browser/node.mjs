// A node of its own for a test, and a browser to look at it with.

import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

import * as start from "../start.mjs";

const BROWSERS = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome"];

/** A node of its own, with an epoch every three seconds. */
export const startNode = (program, more = []) =>
  start.startNode(program, ["--epoch-every", "3000", ...more]);

/** How the browser is started. */
export const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];

/** Where this machine has a browser. */
export function browserPath() {
  const found = BROWSERS.find((path) => path && existsSync(path));
  if (!found) throw new Error("there is no Chromium; name one in CHROMIUM");
  return found;
}

/** The browser of this machine. */
export const startBrowser = () => (
  chromium.launch({ executablePath: browserPath(), headless: true, args: ARGUMENTS }));

/** A fresh visitor, whose page may say nothing on its console that is an error. */
export async function visitor(browser, url, options = {}) {
  const context = await browser.newContext({ baseURL: url, ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => {
    // The browser says so itself when somebody is quicker than its transition between two pages.
    if (!String(error).includes("Transition was skipped")) errors.push(String(error));
  });
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
