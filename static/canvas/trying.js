// Trying the flow beside its canvas: the nodes light up as they run, and the conversation stays while settings are open.
import {bounds, box} from "./geometry.js";
import {closePanel, isPanelOpen} from "./panel.js";
import {sent} from "./queue.js";
import {fit, fitting, isSeen, reveal} from "./view.js";

const LEAST = 0.3; // of the full size; smaller than this a sign on a node says nothing
const place = document.getElementById("canvas-try");
const opener = document.getElementById("canvas-trying");
const nodes = document.getElementById("canvas-nodes");
const work = new Map(); // by a node's id, what became of its last run

const isOpen = () => place.childElementCount > 0;
const field = () => place.querySelector("form :is(textarea, input:not([type=hidden]), select)") ?? place.querySelector("#try-anew");

// A conversation that goes on behind the settings of a node is brought back, and none begun.
opener?.addEventListener("click", (event) => {
  if (!isOpen() || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  closePanel();
  if (!isPanelOpen()) field()?.focus();
}, true);

document.addEventListener("htmx:after:settle", ({target, detail}) => {
  if (target !== place) return;
  if (detail.task.sourceElement === opener) {
    closePanel();
    if (nodes) requestAnimationFrame(bringIntoView);
  }
  field()?.focus({preventScroll: true});
});

// Of a flow that fits beside the panel, each node is to be seen at work.
function bringIntoView() {
  if (!isSeen(bounds()) && fitting(bounds()) >= LEAST) fit(bounds());
}

function close() {
  place.replaceChildren();
  clear();
  document.dispatchEvent(new Event("forjinn:left"));
  opener.focus();
}

place.addEventListener("click", (event) => {
  if (!event.target.closest("[data-close-try]")) return;
  event.preventDefault();
  close();
});
place.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
  event.preventDefault();
  close();
});

// What was typed a moment ago is to be tried, too.
document.addEventListener("forjinn:ask", ({detail}) => detail.wait(sent()));

function show(card) {
  const state = work.get(card.dataset.node);
  if (state) card.dataset.work = state;
  else delete card.dataset.work;
}

const cardOf = (id) => nodes?.querySelector(`[data-node="${CSS.escape(id)}"]`);

function clear() {
  work.clear();
  for (const card of nodes?.querySelectorAll("[data-work]") ?? []) show(card);
}

document.addEventListener("forjinn:try", ({detail}) => {
  if (detail.running) return clear();
  // Stopped, or cut off: nobody knows of those that were at work.
  for (const [id, state] of [...work]) if (state === "INPROGRESS") set(id, null);
});

function set(id, state) {
  if (state) work.set(id, state);
  else work.delete(id);
  const card = cardOf(id);
  if (card) show(card);
}

document.addEventListener("forjinn:node", ({detail: {nodeId, status}}) => {
  set(nodeId, status);
  if (status === "ERROR" && cardOf(nodeId)) reveal(box(cardOf(nodeId).id));
});

// Drawn anew by an edit meanwhile.
if (nodes) {
  new MutationObserver((records) => {
    for (const {addedNodes} of records) for (const card of addedNodes) if (card.dataset?.node) show(card);
  }).observe(nodes, {childList: true});
}
