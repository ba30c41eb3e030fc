// What every page has: logging out.

import { ask, onClick, say } from "./api.js";

const button = document.querySelector("#logout");
const status = document.querySelector("#logout-status");
onClick(button, status, async () => {
  say(status, "");
  await ask("POST", "/api/v1/me/logout", {});
  location.assign("/");
});
