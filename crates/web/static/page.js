// What every page has: logging out, the switch of the theme, and the keys that go to places.

const place = { h: "/", t: "/tasks", c: "/campaigns", m: "/explore", e: "/earnings", y: "/me" };
const AFTER_G_MS = 1200;

const button = document.querySelector("#logout");
button?.addEventListener("click", async () => {
  const status = document.querySelector("#logout-status");
  button.disabled = true;
  try {
    const csrf = document.querySelector('meta[name="csrf"]')?.content ?? "";
    const options = { method: "POST", headers: { "hw-csrf": csrf } };
    const response = await fetch("/api/v1/me/logout", options);
    if (!response.ok) throw new Error(String(response.status));
    // Keys that this tab holds are those of whoever has logged out.
    sessionStorage.clear();
    location.assign("/");
  } catch {
    status.textContent = status.dataset.words;
    status.hidden = false;
    button.disabled = false;
  }
});

// Without script the same buttons send their form; with it the page stays, and nothing is lost.
document.querySelector(".foot form")?.addEventListener("submit", (event) => {
  const { name, value } = event.submitter ?? {};
  if (name !== "theme") return;
  event.preventDefault();
  const root = document.documentElement;
  if (value === "system") root.removeAttribute("data-theme");
  else root.dataset.theme = value;
  for (const own of event.target.querySelectorAll('button[name="theme"]')) {
    own.setAttribute("aria-pressed", String(own.value === value));
  }
  fetch(`/look?theme=${value}`, { redirect: "manual" }).catch(() => {});
});

// `g` and a letter goes to a place, where nothing is being typed.
let since = -Infinity;
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches?.("input, textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  // In the player letters answer tasks.
  if (document.querySelector("dialog[open], #player")) return;
  const goes = event.timeStamp - since < AFTER_G_MS && place[event.key];
  since = event.key === "g" ? event.timeStamp : -Infinity;
  if (goes) location.assign(goes);
});
