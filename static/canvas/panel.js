// The panel beside the canvas: a node's settings, which the server draws.
import {box} from "./geometry.js";
import {select} from "./selection.js";
import {reveal} from "./view.js";

const {opens} = document.getElementById("canvas-base").dataset;
const panel = document.getElementById("canvas-panel");
let opener = "";

export const isPanelOpen = () => panel.childElementCount > 0;

export async function openCard(card) {
  select([card.id]);
  opener = card.id;
  await htmx.ajax("GET", opens + encodeURIComponent(card.dataset.node), {source: card, target: panel, swap: "innerHTML"});
  // The canvas is narrower now, and may have lost the card out of sight.
  if (box(card.id)) requestAnimationFrame(() => reveal(box(card.id)));
}

export function closePanel() {
  if (!isPanelOpen() || !mayLeave()) return;
  panel.replaceChildren();
  (document.getElementById(opener) ?? document.getElementById("canvas") ?? document.getElementById("page-title"))?.focus();
}

panel.addEventListener("click", ({target}) => {
  if (target.closest("[data-close-panel]")) closePanel();
});
panel.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
  event.preventDefault();
  closePanel();
});
document.addEventListener("htmx:after:settle", ({target, detail}) => {
  if (target !== panel || panel.contains(detail.task.sourceElement)) return;
  // A button of the panel itself is gone by now.
  if (detail.task.sourceElement.isConnected) opener = detail.task.sourceElement.id;
  panel.querySelector("[autofocus], h2")?.focus({preventScroll: true});
});
