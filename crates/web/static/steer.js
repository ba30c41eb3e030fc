// What the owner of a campaign may do on its dashboard.

import { ask, onClick, say } from "./api.js";

const bar = document.querySelector("#steer");
const status = document.querySelector("#status");
for (const button of bar?.querySelectorAll("button[data-act]") ?? []) {
  onClick(button, status, async () => {
    const { act } = button.dataset;
    const asked = "Close the campaign? The running round is then the last.";
    if (act === "close" && !confirm(asked)) return;
    await ask("POST", `/api/v1/campaigns/${bar.dataset.campaign}/${act}`, {});
    const words = { pause: "Paused: nobody is given tasks.", resume: "It goes on.",
      close: "The running round is the last." };
    say(status, words[act], "good");
  });
}
