// What the owner of a campaign may do on its dashboard.

import { ask, onClick, say } from "./api.js";
import { sure } from "./ui.js";

const bar = document.querySelector("#steer");
const status = document.querySelector("#status");
for (const button of bar?.querySelectorAll("button[data-act]") ?? []) {
  onClick(button, status, async () => {
    const { act } = button.dataset;
    const asked = {
      title: "Close the campaign?",
      words: "The running round is then the last. Labels, receipts and shares stay.",
      yes: "Close it",
    };
    if (act === "close" && !await sure(asked)) return;
    await ask("POST", `/api/v1/campaigns/${bar.dataset.campaign}/${act}`, {});
    const words = { pause: "Paused: nobody is given tasks.", resume: "It goes on.",
      close: "The running round is the last." };
    say(status, words[act], "good");
  });
}
