// What a requester may take back of what the rules of a campaign have done.

import { ask, say } from "./api.js";
import { word } from "./words.js";

const status = document.querySelector("#status");

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-firing]");
  if (!button || button.disabled) return;
  button.disabled = true;
  const { campaign, firing } = button.dataset;
  try {
    await ask("POST", `/api/v1/campaigns/${campaign}/firings/${firing}/lift`, {});
    say(status, word("lifted"), "good");
    setTimeout(() => location.reload(), 800);
  } catch (error) {
    say(status, error.message, "bad");
    button.disabled = false;
  }
});
