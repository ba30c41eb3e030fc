// Keeps what a page shows of this moment fresh: the server renders it, the same as without script.
// It listens for entries of the log, and asks by the clock where that does not work.

const EVERY_MS = 3000;
const LEAST_MS = 1000;

let source = null;
let clock = null;
let due = null;

async function refresh() {
  const shown = document.querySelector("#live");
  if (document.hidden || !shown || shown.contains(document.activeElement)) return;
  const notice = document.querySelector("#stale");
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!response.ok) throw new Error(String(response.status));
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("#live");
    if (fresh && fresh.innerHTML !== shown.innerHTML) shown.replaceWith(document.adoptNode(fresh));
    if (notice) notice.hidden = true;
  } catch {
    if (notice) notice.hidden = false;
  }
}

/** What comes within a second is shown together. */
function soon() {
  due ??= setTimeout(() => {
    due = null;
    refresh();
  }, LEAST_MS);
}

function byClock(wanted) {
  clearInterval(clock);
  clock = wanted ? setInterval(refresh, EVERY_MS) : null;
}

/** A page that nobody sees holds no connection: a browser has six for a site. */
function follow() {
  source?.close();
  source = null;
  const path = document.querySelector("#live")?.dataset.events;
  byClock(true);
  if (document.hidden || !path || !("EventSource" in window)) return;
  source = new EventSource(path);
  source.onopen = () => byClock(false);
  source.onmessage = soon;
  source.onerror = () => byClock(true);
}

document.addEventListener("visibilitychange", () => {
  follow();
  soon();
});
document.addEventListener("focusout", soon);
follow();
