// Graphs that can be moved and enlarged: by pointer, by wheel with Ctrl, by keys, by buttons.

import { word } from "./words.js";

const STEP = 1.25;
/** How tall a graph is shown at least and at most, in pixels. */
const [LOWEST, TALLEST] = [160, 440];

/** The part of a drawing that is shown: moved and enlarged within some limits. */
export function moved(box, whole, { by = 1, at = [0.5, 0.5], dx = 0, dy = 0 }) {
  const most = Math.max(whole.width, whole.height) * 2;
  const width = Math.min(Math.max(box.width / by, 40), most);
  const scale = width / box.width;
  const height = box.height * scale;
  const x = box.x + (box.width - width) * at[0] + dx * width;
  const y = box.y + (box.height - height) * at[1] + dy * height;
  return {
    x: Math.min(Math.max(x, -width), whole.width),
    y: Math.min(Math.max(y, -height), whole.height),
    width,
    height,
  };
}

function live(svg) {
  const frame = svg.parentElement;
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const whole = { width, height };
  svg.removeAttribute("width");
  svg.setAttribute("height", String(Math.min(TALLEST, Math.max(LOWEST, height + 48))));
  frame.classList.add("live");
  svg.setAttribute("tabindex", "0");
  let box;
  let due = false;
  const show = (next) => {
    box = next;
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      svg.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
    });
  };
  // One unit is one pixel, and the own node in the middle.
  const fit = () => {
    const { width: wide, height: tall } = svg.getBoundingClientRect();
    const own = svg.querySelector(".node.own")?.getBBox() ?? { x: 0, y: 0, width: 0, height: 0 };
    const scale = Math.min(1, Math.max(wide / width, tall / height, 0.5));
    const shown = { width: wide / scale, height: tall / scale };
    const centre = (start, size, room, all) => (room >= all ? (all - room) / 2
      : Math.min(Math.max(start + size / 2 - room / 2, 0), all - room));
    show({
      x: centre(own.x, own.width, shown.width, width),
      y: centre(own.y, own.height, shown.height, height),
      ...shown,
    });
  };
  const move = (how) => show(moved(box, whole, how));
  const keys = {
    ArrowLeft: { dx: -0.1 }, ArrowRight: { dx: 0.1 }, ArrowUp: { dy: -0.1 },
    ArrowDown: { dy: 0.1 }, "+": { by: STEP }, "=": { by: STEP }, "-": { by: 1 / STEP },
  };
  svg.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== svg) return;
    if (event.key === "0") fit();
    else if (keys[event.key]) move(keys[event.key]);
    else return;
    event.preventDefault();
  });
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const { left, top, width: wide, height: tall } = svg.getBoundingClientRect();
    const at = [(event.clientX - left) / wide, (event.clientY - top) / tall];
    move({ by: event.deltaY < 0 ? STEP : 1 / STEP, at });
  }, { passive: false });
  let from = null;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button === 0) from = { x: event.clientX, y: event.clientY, held: false };
  });
  svg.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [dx, dy] = [from.x - event.clientX, from.y - event.clientY];
    if (!from.held && Math.hypot(dx, dy) < 4) return;
    if (!from.held) svg.setPointerCapture(event.pointerId);
    const { width: wide, height: tall } = svg.getBoundingClientRect();
    move({ dx: dx / wide, dy: dy / tall });
    from = { x: event.clientX, y: event.clientY, held: true };
  });
  const dropped = () => {
    // A drag that ends on a box follows no link; a click does.
    const held = from?.held;
    from = null;
    if (held) svg.addEventListener("click", (event) => event.preventDefault(), { once: true });
  };
  svg.addEventListener("pointerup", dropped);
  svg.addEventListener("pointercancel", () => {
    from = null;
  });
  svg.addEventListener("dragstart", (event) => event.preventDefault());
  const bar = document.createElement("p");
  bar.className = "graph-keys";
  for (const [label, title, act] of [
    ["+", word("enlarge"), () => move({ by: STEP })],
    ["−", word("shrink"), () => move({ by: 1 / STEP })],
    [word("fit"), word("fit-how"), fit],
  ]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.title = title;
    if (label.length === 1) button.setAttribute("aria-label", title);
    button.addEventListener("click", act);
    bar.append(button);
  }
  frame.after(bar);
  fit();
}

if (globalThis.document) for (const svg of document.querySelectorAll("svg[data-pan]")) live(svg);
