// What a requester may take back of what the rules of a campaign have done.

import { ask, onClicks, reloaded, say } from "./api.js";
import { word } from "./words.js";

const SHOWN_MS = 800;
const status = document.querySelector("#status");

onClicks("button[data-firing]", status, async ({ dataset: { campaign, firing } }) => {
  await ask("POST", `/api/v1/campaigns/${campaign}/firings/${firing}/lift`, {});
  say(status, word("lifted"), "good");
  await reloaded(SHOWN_MS);
});
