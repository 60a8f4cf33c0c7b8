// The drawing of a flow. What the server drew is the truth: here it is only put in its place, and measured.
import {addEdge, draw, edges, edgesOf, removeEdge} from "./edges.js";
import {bounds, box, cards, forget, measure} from "./geometry.js";
import {stopConnecting} from "./connecting.js";
import "./gestures.js";
import {duplicate, remove} from "./keyboard.js";
import {redrawMap} from "./minimap.js";
import {forgetSelected, mark, select, selectedCards, selectedEdges, watchSelection} from "./selection.js";
import {editable, fit, open, view, zoomTo} from "./view.js";
import "./palette.js";
import {openCard} from "./panel.js";
import "./queue.js";

const nodes = document.getElementById("canvas-nodes");
const svg = document.getElementById("canvas-edges");

function begin() {
  const all = [...cards()];
  measure(all);
  for (const edge of edges()) {
    addEdge(edge);
    draw(edge);
  }
  const start = all.find((card) => !card.querySelector(".node-input")) ?? all[0];
  open(bounds(), start && box(start.id));
  nodes.parentElement.classList.add("is-ready");
}

// However an answer changed the drawing: what is new is measured, and the edges that touch it are drawn.
const elements = (list, kind) => [...list].filter((one) => one.nodeType === 1 && one.matches(kind));

function changed(records) {
  const touched = new Set();
  const fresh = [];
  for (const {addedNodes, removedNodes} of records) {
    for (const card of elements(removedNodes, ".node")) {
      if (!document.getElementById(card.id)) {
        forget(card.id);
        forgetSelected(card.id);
      }
    }
    for (const edge of elements(removedNodes, ".edge")) {
      removeEdge(edge);
      if (!document.getElementById(edge.id)) forgetSelected(edge.id);
    }
    fresh.push(...elements(addedNodes, ".node").filter((card) => card.isConnected));
    for (const edge of elements(addedNodes, ".edge")) {
      if (!edge.isConnected) continue;
      addEdge(edge);
      mark(edge);
      touched.add(edge);
    }
  }
  measure(fresh);
  for (const card of fresh) mark(card);
  for (const edge of edgesOf(fresh.map((card) => card.id))) touched.add(edge);
  for (const edge of touched) draw(edge);
  redrawMap();
}

// New nodes are selected; the settings of one that was added from the palette open.
document.addEventListener("htmx:after:swap", ({detail: {ctx}}) => {
  const made = document.getElementById("canvas-status").dataset.made?.split(" ");
  if (ctx.request.method !== "POST" || !made) return;
  if (ctx.request.action.endsWith("/nodes")) openCard(document.getElementById(made[0]));
  else select(made);
});

// A problem leads to the node that it is about.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-shows]");
  const card = link && nodes.querySelector(`[data-node="${CSS.escape(link.dataset.shows)}"]`);
  if (!card) return;
  event.preventDefault();
  link.closest("[popover]")?.hidePopover();
  openCard(card);
});

const observer = new MutationObserver(changed);
observer.observe(nodes, {childList: true});
observer.observe(svg, {childList: true});

document.getElementById("canvas-tools").addEventListener("click", ({target}) => {
  const act = target.closest("[data-act]")?.dataset.act;
  ({
    in: () => zoomTo(view.zoom * 1.2),
    out: () => zoomTo(view.zoom / 1.2),
    one: () => zoomTo(1),
    fit: () => fit(bounds()),
    duplicate: () => duplicate(),
    delete: () => remove(),
  })[act]?.();
});

watchSelection(() => {
  stopConnecting();
  const [some, any] = [selectedCards().length > 0, selectedCards().length + selectedEdges().length > 0];
  for (const [act, on] of [["duplicate", some], ["delete", any]]) {
    const button = document.querySelector(`#canvas-tools [data-act=${act}]`);
    if (button) button.disabled = !on;
  }
});

begin();
redrawMap();
if (!editable) document.getElementById("canvas").classList.add("is-fixed");
