// Connections as curves. A path is computed from the places of two cards, and holds its arrowhead.
import {box, inputAt, outputAt} from "./geometry.js";

const svg = document.getElementById("canvas-edges");
const touching = new Map(); // by a card's DOM id, the edges that begin or end there

export const edges = () => svg.querySelectorAll(":scope > .edge");

export function addEdge(edge) {
  for (const id of [edge.dataset.source, edge.dataset.target]) {
    if (!touching.has(id)) touching.set(id, new Set());
    touching.get(id).add(edge);
  }
}

export function removeEdge(edge) {
  for (const id of [edge.dataset.source, edge.dataset.target]) touching.get(id)?.delete(edge);
}

export function edgesOf(ids) {
  const found = new Set();
  for (const id of ids) for (const edge of touching.get(id) ?? []) found.add(edge);
  return found;
}

export function draw(edge) {
  const from = outputAt(edge.dataset.source, edge.dataset.output);
  const to = inputAt(edge.dataset.target);
  // An end that is not drawn, such as a node that the file names and does not hold.
  edge.classList.toggle("is-loose", !from || !to);
  if (!from || !to) return;
  const line = curve(from, to);
  for (const path of edge.querySelectorAll("path")) path.setAttribute("d", line);
  const text = edge.querySelector("text");
  if (!text) return;
  // Where there is no room for the branch's name, the card says it beside the handle.
  text.toggleAttribute("hidden", to.x - from.x < text.textContent.length * 6 + 24);
  text.setAttribute("x", (from.x + to.x) / 2);
  text.setAttribute("y", (from.y + to.y) / 2 - 6);
}

export function curve(from, to) {
  const dx = to.x - from.x;
  const reach = dx > 0 ? Math.max(24, dx / 2) : Math.min(200, 60 - dx / 3);
  // Back to a node on the left: below or above the cards instead of through them.
  const bend = dx > 0 || Math.abs(to.y - from.y) > 120 ? 0 : 120;
  const end = to.x - 2;
  return `M${from.x} ${from.y} C${from.x + reach} ${from.y + bend} ${end - reach} ${to.y + bend} ${end - 6} ${to.y}`
    + ` M${end - 8} ${to.y - 5} L${end} ${to.y} L${end - 8} ${to.y + 5}`;
}

// The edges whose ends both lie in this part of the flow.
export function edgesWithin(ids) {
  return [...edgesOf(ids)].filter((edge) => ids.has(edge.dataset.source) && ids.has(edge.dataset.target));
}

export const isDrawn = (edge) => box(edge.dataset.source) && box(edge.dataset.target);
