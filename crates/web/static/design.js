// What the living style page shows in motion: a dialog and a toast.

import { sure, toast } from "./ui.js";
import { count, word } from "./words.js";

const said = document.querySelector("#design-said");

document.querySelector("#design-dialog")?.addEventListener("click", async () => {
  const yes = await sure({
    title: word("js.close-campaign"),
    words: word("js.close-campaign-how"),
    yes: word("js.close-campaign-yes"),
  });
  said.textContent = yes ? word("design.yes") : word("design.no");
});

document.querySelector("#design-toast")?.addEventListener("click", () => {
  toast(word("js.skipped", { task: count(7) }), {
    label: word("js.undo"),
    act: () => {
      said.textContent = word("design.taken-back");
    },
  });
});
