// Trying the flow beside its canvas: the nodes light up as they run, and the conversation stays while settings are open.
import {closePanel, isPanelOpen} from "./panel.js";
import {sent} from "./queue.js";

const place = document.getElementById("canvas-try");
const opener = document.getElementById("canvas-trying");
const nodes = document.getElementById("canvas-nodes");
const work = new Map(); // by a node's id, what became of its last run

const isOpen = () => place.childElementCount > 0;
const field = () => place.querySelector("[autofocus], textarea, input:not([type=hidden]), select, h2");

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
  if (detail.task.sourceElement === opener) closePanel();
  field()?.focus({preventScroll: true});
});

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

document.addEventListener("forjinn:node", ({detail: {nodeId, status}}) => set(nodeId, status));

// Drawn anew by an edit meanwhile.
if (nodes) {
  new MutationObserver((records) => {
    for (const {addedNodes} of records) for (const card of addedNodes) if (card.dataset?.node) show(card);
  }).observe(nodes, {childList: true});
}
