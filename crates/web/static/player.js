// The task player: five tasks ahead, the next one at once, all of it by keyboard too.

import { Offline, ask, make, say } from "./api.js";
import { Form, content } from "./form.js";
import { Outbox, replace, seal } from "./seal.js";
import * as sign from "./sign.js";

const AHEAD = 5;
const REFILL = 2;
const RENEW_MS = 120_000;
const DRAFT_MS = 600;
const LOOK_MS = 4000;
const LESSON_MS = 500;

const root = document.querySelector("#player");
const at = (name) => root.querySelector(`#${name}`);
const status = at("status");
const id = Number(root.dataset.campaign);
const base = `/api/v1/campaigns/${id}`;

/** What is right; the node counts the first answer before it tells, which takes a moment. */
async function lesson(task, tries = 10) {
  try {
    return await ask("GET", `${base}/feedback/${task}`);
  } catch (error) {
    if (error.code !== "not_answered" || tries < 2) throw error;
    await new Promise((done) => setTimeout(done, LESSON_MS));
    return lesson(task, tries - 1);
  }
}

class Player {
  constructor(own, campaign) {
    this.own = own;
    this.campaign = campaign;
    this.queue = [];
    this.current = null;
    this.done = [];
    this.finished = new Set();
    this.count = 0;
    const name = `outbox:${own.about.space}:${own.account}:${id}`;
    const sending = (waiting, offline) => this.sending(waiting, offline);
    const refused = (item, error) => this.refused(item, error);
    this.outbox = new Outbox(name, sending, refused, (waiting) => this.keyless(waiting));
    // What an earlier page has answered and not sent is not asked again.
    for (const task of this.outbox.tasks()) this.finished.add(task);
    this.form = new Form(campaign, () => this.draftSoon());
    at("form").replaceChildren(this.form.element);
    if (this.form.kind === "text") at("submit").querySelector("kbd").textContent = "Ctrl Enter";
    this.bind();
    this.outbox.signAgain(own).then(() => this.outbox.run());
  }

  bind() {
    for (const name of ["submit", "skip", "undo"]) {
      at(name).addEventListener("click", () => this.act(() => this[name]()));
    }
    at("help").addEventListener("click", () => at("sheet").showModal());
    at("again").addEventListener("click", () => this.refill());
    document.addEventListener("keydown", (event) => this.onKey(event));
    setInterval(() => this.renew(), RENEW_MS);
    setInterval(() => !this.current && !document.hidden && this.refill(), LOOK_MS);
    document.addEventListener("visibilitychange", () => !document.hidden && this.renew());
    addEventListener("pagehide", () => this.giveBack());
    // A page that comes back from the browser's memory has given its tasks back.
    addEventListener("pageshow", (event) => event.persisted && location.reload());
  }

  /** One thing after the other; what goes wrong is said. */
  async act(work) {
    if (this.busy) return;
    this.busy = true;
    try {
      await work();
    } catch (error) {
      say(status, error.message, "bad");
    } finally {
      this.busy = false;
    }
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey) {
      if (event.key === "Enter") at("submit").click();
      return;
    }
    const typing = event.target.matches?.("textarea, select, input[type=text]");
    if (event.altKey || typing || at("sheet").open || event.repeat) return;
    const key = event.key.toLowerCase();
    const acts = { enter: "submit", s: "skip", u: "undo", "?": "help" };
    // Enter on a focused button or link is that button's.
    if (key === "enter" && event.target.closest?.("a, button, summary")) return;
    const taken = this.current && this.form.key(key);
    if (!taken && acts[key]) at(acts[key]).click();
    if (taken || acts[key]) event.preventDefault();
  }

  /** Takes tasks until there are enough; shows one if none is shown. */
  async refill() {
    if (this.asking) return;
    this.asking = true;
    try {
      const wanted = AHEAD + this.outbox.tasks().length;
      const { tasks, notices } = await ask("POST", `${base}/leases`,
        { count: Math.min(wanted, 10) });
      say(at("warning"), notices.join(" "));
      const held = new Set([...this.queue, this.current].map((task) => task?.task));
      const fresh = tasks.filter(({ task }) => !held.has(task) && !this.finished.has(task));
      this.queue.push(...fresh);
      if (!this.current) this.next(fresh.length === 0 ? this.nothing() : "");
    } catch (error) {
      if (!this.current) this.wait(error);
    } finally {
      this.asking = false;
    }
  }

  nothing() {
    return this.count > 0
      ? "You have answered all there is for you just now. New tasks show here by themselves."
      : "There is nothing for you here just now: others hold the open tasks, or you have answered "
        + "them all. New tasks show here by themselves.";
  }

  wait(error) {
    const between = error.code === "no_round";
    const over = ["closed", "settled"].includes(this.campaign.stage);
    const words = over
      ? "This campaign is over; it takes no more answers."
      : "The round is over, or has not begun. Tasks show here by themselves.";
    this.next(between ? words : error.message);
    if (!between && error.status === 403) say(status, error.message, "bad");
  }

  /** Shows the next task, or why there is none. */
  next(why = "") {
    this.current = this.queue.shift() ?? null;
    this.undoing = null;
    this.show();
    at("idle-words").textContent = why || "Looking for tasks…";
    if (this.queue.length <= REFILL && !why) this.refill();
  }

  show() {
    const task = this.current;
    at("task").hidden = !task;
    at("idle").hidden = Boolean(task);
    at("undo").disabled = this.done.length === 0 || Boolean(this.undoing);
    at("skip").disabled = !task || Boolean(this.undoing);
    at("submit").disabled = !task;
    at("submit").firstChild.textContent = this.undoing ? "Replace " : "Submit ";
    at("count").textContent = `${this.count} answered`;
    if (!task) return;
    at("content").replaceChildren(...content(this.form.kind, task.text));
    at("name").textContent = `Task ${task.task + 1}`;
    this.form.fill(task.state ?? draft(task.draft));
    this.form.focus();
  }

  async submit() {
    const task = this.current;
    if (!task) return;
    const answers = this.form.answers(task.units);
    clearTimeout(this.drafting);
    const state = this.form.state();
    if (this.undoing) return this.replace(answers, state);
    this.finished.add(task.task);
    this.count += 1;
    const { item, ...sealed } = await seal(this.own, id, task.task, answers);
    this.done.push({ ...sealed, shown: { ...task, state } });
    this.outbox.push(item);
    if (this.campaign.training) this.tell(task).catch((error) => say(status, error.message, "bad"));
    this.next();
  }

  /** In training: what is right, once the answer is in the log. */
  async tell(task) {
    await this.outbox.empty();
    const { known, right, seen } = await lesson(task.task);
    const sum = `${right} of ${seen} first answers were right so far.`;
    say(status, known ? `Task ${task.task + 1}: the answer is “${known}”. ${sum}` : sum);
  }

  async replace(answers, state) {
    const sealed = this.undoing;
    const entry = this.outbox.entries.get(sealed.nonce);
    const items = await replace(this.own, id, sealed, entry, answers);
    for (const item of items) this.outbox.push(item);
    sealed.shown.state = state;
    this.done.push(sealed);
    const changed = "Your new answer takes the old one's place.";
    say(status, items.length > 0 ? changed : "Nothing was changed.");
    this.next();
  }

  /** Opens the last answer again; it can be replaced while its round is open. */
  async undo() {
    const sealed = this.done.at(-1);
    if (!sealed || this.undoing) return;
    say(status, "");
    await this.outbox.empty();
    if (!this.outbox.entries.has(sealed.nonce)) throw new Error("The log has not taken that answer.");
    this.done.pop();
    if (this.current) this.queue.unshift({ ...this.current, state: this.form.state() });
    this.current = sealed.shown;
    this.undoing = sealed;
    this.show();
    say(status, "This is your last answer. Change it and submit.");
  }

  async skip() {
    const task = this.current;
    if (!task || this.undoing) return;
    clearTimeout(this.drafting);
    this.finished.add(task.task);
    this.next();
    await ask("DELETE", `${base}/leases/${task.task}`, { reason: "skipped" });
    say(status, `Task ${task.task + 1} goes to somebody else.`);
  }

  draftSoon() {
    const task = this.current;
    if (!task || this.undoing) return;
    clearTimeout(this.drafting);
    const text = JSON.stringify(this.form.state());
    const keep = () => ask("PUT", `${base}/drafts/${task.task}`, { content: text });
    // A draft that could not be kept is no loss: the answer itself is what counts.
    this.drafting = setTimeout(() => keep().catch(() => {}), DRAFT_MS);
  }

  async renew() {
    if (!this.current) return;
    try {
      await ask("POST", `${base}/leases/renew`, {});
    } catch (error) {
      if (error instanceof Offline) this.sending(this.outbox.tasks().length, true);
    }
  }

  /** What was taken ahead and not looked at goes to others at once. */
  giveBack() {
    for (const { task } of this.queue) {
      ask("DELETE", `${base}/leases/${task}`, undefined, { keepalive: true }).catch(() => {});
    }
  }

  sending(waiting, offline) {
    const lost = `No connection. ${waiting} waiting to send; your answers are kept in this browser.`;
    const words = waiting > 0 ? `Sending ${waiting}…` : "All sent";
    say(at("sending"), offline ? lost : words, offline ? "bad" : "note");
  }

  /** The key was revoked or has expired while somebody worked. */
  keyless(waiting) {
    const words = `This browser's key signs no longer for your account. ${waiting} waiting to send; `
      + "your answers are kept in this browser until it has another key. ";
    say(at("sending"), `${waiting} kept here`, "bad");
    say(status, words, "bad");
    status.append(make("a", { href: "/me#signers" }, "Let this browser sign again"));
  }

  refused({ task, again }, error) {
    this.done = this.done.filter((sealed) => sealed.task !== task);
    if (!again) this.count = Math.max(0, this.count - 1);
    const what = again ? "was not changed, the first answer stands" : "was not taken";
    say(status, `Task ${task + 1} ${what}: ${error.message}.`, "bad");
    at("count").textContent = `${this.count} answered`;
  }
}

function draft(text) {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

try {
  const own = await sign.signer();
  const player = new Player(own, await ask("GET", base));
  await player.refill();
} catch (error) {
  say(status, error.message, "bad");
  at("idle").hidden = true;
  if (error.status === 401) {
    const next = encodeURIComponent(location.pathname);
    status.append(" ", make("a", { href: `/login?next=${next}` }, "Log in"));
  }
}
