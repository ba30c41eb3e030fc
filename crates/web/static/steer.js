// What the owner of a campaign may do on its dashboard.

import { ask, say } from "./api.js";
import { sure } from "./ui.js";
import { word } from "./words.js";

const SHOWN_MS = 1500;
const status = document.querySelector("#status");

// The buttons are those of the moment, and are drawn anew with the page.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("#steer button[data-act]");
  if (!button || button.disabled) return;
  const { act } = button.dataset;
  const asked = {
    title: word("close-campaign"),
    words: word("close-campaign-how"),
    yes: word("close-campaign-yes"),
  };
  if (act === "close" && !await sure(asked)) return;
  button.disabled = true;
  try {
    const { campaign } = button.closest("#steer").dataset;
    await ask("POST", `/api/v1/campaigns/${campaign}/${act}`, {});
    const done = { pause: word("paused"), resume: word("goes-on"), close: word("last-round") };
    say(status, done[act], "good");
    setTimeout(() => location.reload(), SHOWN_MS);
  } catch (error) {
    say(status, error.message, "bad");
    button.disabled = false;
  }
});
