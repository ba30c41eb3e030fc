// Keeps what a page shows of this moment fresh: the server renders it, the same as without script.

const EVERY_MS = 3000;

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

setInterval(refresh, EVERY_MS);
