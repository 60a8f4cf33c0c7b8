// The canvas without a mouse. Keys of one letter count only while the canvas has the focus.
import {connectTo, isConnecting, startConnecting, stopConnecting} from "./connecting.js";
import {edgesOf} from "./edges.js";
import {box, bounds, cards} from "./geometry.js";
import {cancelGesture, holdSpace} from "./gestures.js";
import {flush, nudge} from "./moving.js";
import {closePalette, isPaletteOpen, openPalette} from "./palette.js";
import {closePanel, isPanelOpen, openCard} from "./panel.js";
import {edit} from "./queue.js";
import {isSelected, select, selected, selectedCards, selectedEdges} from "./selection.js";
import {canvas, editable, fit, panBy, reveal, view, zoomTo} from "./view.js";

const STEP = 10;
const FAR = 50;
const PAN = 60;
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
const typing = (target) => Boolean(target.closest?.("input, textarea, select, [contenteditable], dialog"));
const press = (id) => document.getElementById(id)?.click();

export async function duplicate(which = selectedCards()) {
  if (which.length) await edit("duplicate", which.map((card) => ["node", card.dataset.node]));
}

export async function remove() {
  const [nodes, edges] = [selectedCards(), selectedEdges()];
  if (!nodes.length && !edges.length) return;
  select([]);
  canvas.focus({preventScroll: true});
  const fields = [...nodes.map((card) => ["node", card.dataset.node]), ...edges.map((edge) => ["edge", edge.dataset.edge])];
  await edit(nodes.length ? "delete" : "disconnect", fields);
}

// The nearest card in this direction, for going from one to the next.
function neighbour(card, [dx, dy]) {
  const from = box(card.id);
  const away = (other) => {
    const at = box(other.id);
    const [x, y] = [at.x + at.width / 2 - from.x - from.width / 2, at.y + at.height / 2 - from.y - from.height / 2];
    const [along, across] = [x * dx + y * dy, Math.abs(x * dy) + Math.abs(y * dx)];
    return along > 0 ? along + 2 * across : Infinity;
  };
  const [best] = [...cards()].filter((other) => other !== card).map((other) => [away(other), other]).sort(([a], [b]) => a - b);
  return best?.[0] < Infinity ? best[1] : null;
}

function arrow(event, [dx, dy]) {
  const card = event.target.closest(".node");
  if (card && (isConnecting() || !editable || event.altKey)) return neighbour(card, [dx, dy])?.focus();
  if (!card) return panBy(-dx * PAN, -dy * PAN);
  if (!isSelected(card)) select([card.id]);
  const step = event.shiftKey ? FAR : STEP;
  nudge(dx * step, dy * step);
  return reveal(box(card.id));
}

function enter(event) {
  const card = event.target.closest(".node");
  if (!card || event.target.closest("button")) return false;
  if (isConnecting()) connectTo(card);
  else openCard(card);
  return true;
}

function escape() {
  if (cancelGesture()) return;
  if (isConnecting()) stopConnecting();
  else if (isPaletteOpen()) closePalette();
  else if (isPanelOpen()) closePanel();
  else select([]);
}

// Removes what leaves by this handle; a card goes with all that is selected.
function erase(event) {
  const handle = event.target.closest(".handle");
  const card = event.target.closest(".node");
  if (handle) {
    const leaving = [...edgesOf([card.id])].filter(({dataset}) => dataset.source === card.id && dataset.output === handle.dataset.output);
    select(leaving.map((edge) => edge.id));
  } else if (card && !isSelected(card)) {
    select([card.id]);
  }
  remove();
}

const KEYS = {
  "+": () => zoomTo(view.zoom * 1.2),
  "=": () => zoomTo(view.zoom * 1.2),
  "-": () => zoomTo(view.zoom / 1.2),
  0: () => fit(bounds()),
  1: () => zoomTo(1),
  "/": () => editable && openPalette(),
  c: (event) => {
    const handle = editable && event.target.closest(".node")?.querySelector(".handle");
    if (handle) startConnecting(handle);
  },
  Delete: (event) => editable && erase(event),
  Backspace: (event) => editable && erase(event),
  Escape: escape,
};

const CONTROL = {
  z: ({shiftKey}) => press(shiftKey ? "canvas-redo" : "canvas-undo"),
  y: () => press("canvas-redo"),
  s: () => press("canvas-save"),
  d: () => duplicate(),
  a: () => select([...cards()].map((card) => card.id)),
};

canvas.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey) return;
  if (event.key === " " && !event.target.closest("button")) holdSpace(true);
  else if (event.key === "Enter") { if (!enter(event)) return; }
  else if (ARROWS[event.key]) arrow(event, ARROWS[event.key]);
  else if (KEYS[event.key]) KEYS[event.key](event);
  else return;
  event.preventDefault();
});
addEventListener("keyup", ({key}) => { if (key === " ") holdSpace(false); });

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || !editable || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  const within = canvas.contains(event.target) || event.target === document.body;
  // In a field the browser's own undo counts; saving is meant anywhere.
  if (!CONTROL[key] || (key !== "s" && (typing(event.target) || !within))) return;
  event.preventDefault();
  flush();
  CONTROL[key](event);
});

// Handles are stops of the Tab key only within the card that has the focus: a flow may have hundreds.
canvas.addEventListener("focusin", ({target}) => {
  const card = target.closest(".node");
  for (const handle of canvas.querySelectorAll(".handle[tabindex='0']")) if (!card?.contains(handle)) handle.tabIndex = -1;
  if (!card) return;
  for (const handle of card.querySelectorAll(".handle")) handle.tabIndex = 0;
  if (target === card && target.matches(":focus-visible")) reveal(box(card.id));
});
