// What the living style page shows in motion: a dialog and a toast.

import { sure, toast } from "./ui.js";

const said = document.querySelector("#design-said");

document.querySelector("#design-dialog")?.addEventListener("click", async () => {
  const yes = await sure({
    title: "Close the campaign?",
    words: "The running round is then the last. Labels, receipts and shares stay.",
    yes: "Close it",
  });
  said.textContent = yes ? "You said yes." : "You said no.";
});

document.querySelector("#design-toast")?.addEventListener("click", () => {
  toast("Task 7 goes to somebody else.", {
    label: "Undo",
    act: () => {
      said.textContent = "Undone.";
    },
  });
});
