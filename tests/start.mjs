// A node of its own for a test.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Starts `headwater run` on a free port with test money, its data in `folder`/node; `stop` ends it
 * and clears up, `kill` gives it no say and `again` starts it on what is left.
 */
export async function startNode(program, more = []) {
  const folder = mkdtempSync(join(tmpdir(), "headwater-test-"));
  return startNodeIn(folder, program, more);
}

/** The same in a folder that may have a node already; `end` leaves it as it is. */
export async function startNodeIn(folder, program, more) {
  const args = ["run", "--data", join(folder, "node"), "--listen", "127.0.0.1:0",
    "--faucet", "1000000000", "--window", "1", ...more];
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
  const end = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  const stop = async () => {
    await end();
    rmSync(folder, { recursive: true, force: true });
  };
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  const again = () => startNodeIn(folder, program, more);
  const logKey = /log key\s+(\S+)/.exec(said)[1];
  const data = join(folder, "node");
  return { url, logKey, data, pid: child.pid, end, stop, kill, again };
}
