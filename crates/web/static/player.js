// The task player: five tasks ahead, the next one at once, all of it by keyboard too.

import { Offline, ask, make, say } from "./api.js";
import { content } from "./form.js";
import { Outbox, replace, seal } from "./seal.js";
import * as sign from "./sign.js";
import { toast } from "./ui.js";
import { moduleOf } from "./widgets.js";
import { word } from "./words.js";

const AHEAD = 5;
const REFILL = 2;
const RENEW_MS = 120_000;
const DRAFT_MS = 600;
const LOOK_MS = 4000;
const LESSON_MS = 500;
const AT_ONCE = "headwater:send-at-once";

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

const take = (count) => ask("POST", `${base}/leases`, { count });

class Player {
  constructor(own, campaign) {
    this.own = own;
    this.campaign = campaign;
    this.queue = [];
    this.current = null;
    this.done = [];
    this.finished = new Set();
    this.count = 0;
    this.sealing = Promise.resolve();
    this.sealed = true;
    this.skipped = null;
    this.place = `${own.about.space}:${own.account}:${id}`;
    const sending = (waiting, offline) => this.sending(waiting, offline);
    const refused = (item, error) => this.refused(item, error);
    const keyless = (waiting) => this.keyless(waiting);
    this.outbox = new Outbox(`outbox:${this.place}`, sending, refused, keyless);
    // What an earlier page has answered and not sent is not asked again.
    for (const task of this.outbox.tasks()) this.finished.add(task);
    this.kept = JSON.parse(localStorage.getItem(`drafts:${this.place}`) ?? "{}");
    const module = moduleOf(campaign);
    this.kind = module.kind;
    this.widget = module.widget(campaign, () => this.changed());
    at("form").replaceChildren(this.widget.element);
    if (this.widget.submit) at("submit").querySelector("kbd").textContent = this.widget.submit;
    at("at-once-line").hidden = !this.widget.whole;
    at("at-once").checked = localStorage.getItem(AT_ONCE) === "yes";
    for (const [key, text] of [...module.keys].reverse()) {
      at("keys").prepend(make("dt", {}, make("kbd", {}, key)), make("dd", {}, word(text)));
    }
    this.bind();
    this.outbox.signAgain(own).then(() => this.outbox.run());
  }

  bind() {
    for (const name of ["submit", "skip", "undo"]) {
      at(name).addEventListener("click", () => this.act(() => this[name]()));
    }
    at("help").addEventListener("click", () => at("sheet").showModal());
    at("again").addEventListener("click", () => this.refill());
    at("at-once").addEventListener("change", () => {
      localStorage.setItem(AT_ONCE, at("at-once").checked ? "yes" : "no");
    });
    document.addEventListener("keydown", (event) => this.onKey(event));
    setInterval(() => this.renew(), RENEW_MS);
    setInterval(() => !this.current && !document.hidden && this.refill(), LOOK_MS);
    document.addEventListener("visibilitychange", () => !document.hidden && this.renew());
    addEventListener("pagehide", () => this.giveBack());
    addEventListener("beforeunload", (event) => this.sealed || event.preventDefault());
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
    const taken = (this.current && this.widget.key(key)) || (key === "g" && this.guidelines());
    if (!taken && acts[key]) at(acts[key]).click();
    if (taken || acts[key]) event.preventDefault();
  }

  guidelines() {
    const brief = document.querySelector("#brief");
    brief.open = !brief.open;
    if (brief.open) brief.scrollIntoView({ block: "nearest" });
    return true;
  }

  /** Something was put in: kept, and sent at once by those who want that. */
  changed() {
    this.draftSoon();
    if (!this.undoing && at("at-once").checked && this.widget.whole?.()) at("submit").click();
  }

  /** Takes tasks until there are enough; shows one if none is shown. */
  async refill(asked) {
    if (this.asking) return;
    this.asking = true;
    try {
      const wanted = AHEAD + this.outbox.tasks().length;
      const { tasks, notices } = await (asked ?? take(Math.min(wanted, 10)));
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
    return word(this.count > 0 ? "all-answered" : "nothing-here");
  }

  wait(error) {
    const between = error.code === "no_round";
    const over = ["closed", "settled"].includes(this.campaign.stage);
    this.next(between ? word(over ? "campaign-over" : "round-over") : error.message);
    if (!between && error.status === 403) say(status, error.message, "bad");
  }

  /** Shows the next task, or why there is none. */
  next(why = "") {
    this.current = this.queue.shift() ?? null;
    this.undoing = null;
    this.show();
    at("idle-words").textContent = why || word("looking");
    if (this.queue.length <= REFILL && !why) this.refill();
  }

  show() {
    const task = this.current;
    at("task").hidden = !task;
    at("loading").hidden = true;
    at("idle").hidden = Boolean(task);
    at("undo").disabled = (this.done.length === 0 && !this.skipped) || Boolean(this.undoing);
    at("skip").disabled = !task || Boolean(this.undoing);
    at("submit").disabled = !task;
    at("submit").firstChild.textContent = `${word(this.undoing ? "replace" : "submit")} `;
    at("count").textContent = word("answered", { count: this.count });
    if (!task) return;
    at("content").replaceChildren(...content(this.kind, task.text));
    at("name").textContent = word("task", { task: task.task + 1 });
    this.widget.fill(task.state ?? this.kept[task.task] ?? parsed(task.draft));
    this.widget.focus?.();
  }

  /** The next task is shown before this one's answer is sealed and sent: nobody waits for that. */
  submit() {
    const task = this.current;
    if (!task) return undefined;
    const answers = this.widget.answers(task.units);
    clearTimeout(this.drafting);
    const state = this.widget.state();
    if (this.undoing) return this.replace(answers, state);
    this.finished.add(task.task);
    this.count += 1;
    const own = { task: task.task, shown: { ...task, state } };
    this.done.push(own);
    own.ready = this.sealing.then(() => this.seal(own, answers));
    this.sealing = own.ready;
    this.next();
    return undefined;
  }

  async seal(own, answers) {
    this.sealed = false;
    try {
      const { item, ...sealed } = await seal(this.own, id, own.task, answers);
      Object.assign(own, sealed);
      this.outbox.push(item);
      this.keepDraft(own.task);
      if (this.campaign.training) {
        this.tell(own).catch((error) => say(status, error.message, "bad"));
      }
    } catch (error) {
      // It never left this page: it is asked again, as it was answered.
      this.refused(own, error);
      this.finished.delete(own.task);
      this.putBack();
      this.current = own.shown;
      this.show();
    } finally {
      this.sealed = true;
    }
  }

  /** In training: what is right, once the answer is in the log. */
  async tell({ task }) {
    await this.outbox.empty();
    const { known, right, seen } = await lesson(task);
    const sum = seen > 0 ? word("first-right", { right, seen }) : "";
    say(status, known ? `${word("known", { task: task + 1, known })} ${sum}` : sum);
  }

  async replace(answers, state) {
    const sealed = this.undoing;
    const entry = this.outbox.entries.get(sealed.nonce);
    const items = await replace(this.own, id, sealed, entry, answers);
    for (const item of items) this.outbox.push(item);
    sealed.shown.state = state;
    this.done.push(sealed);
    say(status, word(items.length > 0 ? "replaced" : "nothing-changed"));
    this.next();
  }

  /** Takes the last skip back; else opens the last answer, which can be replaced while its round is
   * open. */
  async undo() {
    if (this.skipped) {
      this.skipped(true);
      return;
    }
    const sealed = this.done.at(-1);
    if (!sealed || this.undoing) return;
    say(status, "");
    await sealed.ready;
    await this.outbox.empty();
    if (!this.outbox.entries.has(sealed.nonce)) throw new Error(word("not-taken-yet"));
    this.done.pop();
    this.putBack();
    this.current = sealed.shown;
    this.undoing = sealed;
    this.show();
    say(status, word("last-answer"));
  }

  /** The task that is shown comes next, with what was put in. */
  putBack() {
    if (this.current) this.queue.unshift({ ...this.current, state: this.widget.state() });
  }

  /** The task goes to others once the toast has gone. */
  skip() {
    const task = this.current;
    if (!task || this.undoing) return;
    clearTimeout(this.drafting);
    this.skipped?.(false);
    this.finished.add(task.task);
    this.leaving = task.task;
    const state = this.widget.state();
    const back = () => {
      this.skipped = null;
      this.leaving = null;
      this.finished.delete(task.task);
      this.putBack();
      this.current = { ...task, state };
      this.undoing = null;
      this.show();
    };
    const over = () => {
      this.skipped = null;
      this.leaving = null;
      at("undo").disabled = this.done.length === 0 || Boolean(this.undoing);
      ask("DELETE", `${base}/leases/${task.task}`, { reason: "skipped" }).catch((error) => {
        say(status, error.message, "bad");
      });
    };
    const words = word("skipped", { task: task.task + 1 });
    this.skipped = toast(words, { label: word("undo"), act: back }, over);
    this.next();
  }

  draftSoon() {
    const task = this.current;
    if (!task || this.undoing) return;
    clearTimeout(this.drafting);
    const state = this.widget.state();
    this.keepDraft(task.task, state);
    const keep = () => ask("PUT", `${base}/drafts/${task.task}`, { content: JSON.stringify(state) });
    // One that did not reach the node is kept here all the same.
    this.drafting = setTimeout(() => keep().catch(() => {}), DRAFT_MS);
  }

  /** Keeps what was typed in this browser too, where no connection is needed. */
  keepDraft(task, state) {
    if (state) this.kept[task] = state;
    else delete this.kept[task];
    localStorage.setItem(`drafts:${this.place}`, JSON.stringify(this.kept));
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
    const away = (task, body) =>
      ask("DELETE", `${base}/leases/${task}`, body, { keepalive: true }).catch(() => {});
    for (const { task } of this.queue) away(task);
    if (this.leaving !== null && this.skipped) away(this.leaving, { reason: "skipped" });
  }

  sending(waiting, offline) {
    const words = waiting > 0 ? word("sending", { count: waiting }) : word("all-sent");
    const lost = word("no-connection", { count: waiting });
    say(at("sending"), offline ? lost : words, offline ? "bad" : "note");
  }

  /** The key was revoked or has expired while somebody worked. */
  keyless(waiting) {
    say(at("sending"), word("kept-here", { count: waiting }), "bad");
    say(status, `${word("key-gone", { count: waiting })} `, "bad");
    status.append(make("a", { href: "/me#signers" }, word("sign-again")));
  }

  refused({ task, again }, error) {
    this.done = this.done.filter((sealed) => sealed.task !== task);
    if (!again) this.count = Math.max(0, this.count - 1);
    const key = again ? "change-refused" : "task-refused";
    say(status, word(key, { task: task + 1, why: error.message }), "bad");
    at("count").textContent = word("answered", { count: this.count });
  }
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

try {
  // The first tasks are on their way while the browser looks for its key.
  const first = take(AHEAD);
  first.catch(() => {});
  const player = new Player(await sign.signer(), JSON.parse(root.dataset.row));
  await player.refill(first);
} catch (error) {
  say(status, error.message, "bad");
  at("idle").hidden = true;
  at("loading").hidden = true;
  if (error.status === 401) {
    const next = encodeURIComponent(location.pathname);
    status.append(" ", make("a", { href: `/login?next=${next}` }, word("shell.log-in")));
  }
}
