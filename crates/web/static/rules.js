// Rows of rules in the campaign wizard, and what else it says about people.

import { baseUnits } from "./api.js";

const SHARES = ["gold_pass", "gold_bound", "task_time_share", "agreement"];
const place = document.querySelector("#rules");
const template = document.querySelector("#rule");

document.querySelector("#add-rule")?.addEventListener("click", () => {
  place.append(template.content.cloneNode(true));
  place.lastElementChild.querySelector("select").focus();
});

place?.addEventListener("click", (event) => {
  if (event.target.matches("[data-remove]")) event.target.closest(".rule").remove();
});

/** A value in the unit of its collector: parts per million, milliseconds, or a number of tasks. */
function scaled(collector, value) {
  if (SHARES.includes(collector)) return Math.round(value * 10_000);
  return Math.round(collector === "task_time" ? value * 1000 : value);
}

function rule(row) {
  const at = (name) => row.querySelector(`[name=${name}]`).value;
  const collector = at("collector");
  const action = at("action");
  return {
    collector,
    is: at("is"),
    value: scaled(collector, Number(at("value"))),
    after: Number(at("after")),
    action,
    minutes: action === "cool_down" ? Number(at("minutes")) : 0,
  };
}

const value = (name) => document.querySelector(`#${name}`)?.value;
const percent = (name) => Math.round(Number(value(name) || 0) * 10_000);

/** Settings of the wizard's part about people. */
export function people() {
  const chosen = [...document.querySelectorAll("input[name=panel]:checked")];
  const panel = chosen.map((input) => Number(input.value));
  return {
    panel,
    verdict_units: panel.length > 0 ? baseUnits(value("verdict")).toString() : "0",
    ...(value("appeal-hours") && { appeal_hours: Number(value("appeal-hours")) }),
    conduct: {
      rules: [...place.querySelectorAll(".rule")].map(rule),
      training: document.querySelector("#training").checked,
      least_level: value("level"),
      review_share_ppm: percent("review-share"),
      review_below_ppm: percent("review-below"),
    },
  };
}
