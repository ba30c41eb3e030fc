// What the owner of a campaign may do on its dashboard.

import { ask, onClicks, reloaded, say } from "./api.js";
import { sure } from "./ui.js";
import { word } from "./words.js";

const SHOWN_MS = 1500;
const status = document.querySelector("#status");
const done = {
  pause: () => word("paused"),
  resume: () => word("goes-on"),
  close: () => word("dashboard.the-running-round-is"),
};

// The buttons are those of the moment, and are drawn anew with the page.
onClicks("#steer button[data-act]", status, async (button) => {
  const { act } = button.dataset;
  const { campaign } = button.closest("#steer").dataset;
  const asked = {
    title: word("close-campaign"),
    words: word("close-campaign-how"),
    yes: word("close-campaign-yes"),
  };
  if (act === "close" && !await sure(asked)) return;
  await ask("POST", `/api/v1/campaigns/${campaign}/${act}`, {});
  say(status, done[act](), "good");
  await reloaded(SHOWN_MS);
});
