// Connections are drawn from a handle to a card: by dragging, by two clicks or taps, or by two presses of Enter.
import {curve, draw} from "./edges.js";
import {inputAt, outputAt} from "./geometry.js";
import {edit} from "./queue.js";
import {openPalette} from "./palette.js";
import {canvas, toFlow} from "./view.js";

const pending = document.querySelector("#canvas-pending .edge-pending");
let from = null; // {card, output, edge}: where a connection begins that has no end yet; `edge` is one that it replaces

export const isConnecting = () => Boolean(from);

function begin(source) {
  from = source;
  canvas.classList.add("is-connecting");
  source.edge?.classList.add("is-replaced");
}

function show(to) {
  pending.setAttribute("d", curve(outputAt(from.card.id, from.output), to));
  pending.toggleAttribute("hidden", false);
}

export function stopConnecting() {
  if (!from) return;
  from.edge?.classList.remove("is-replaced");
  from = null;
  canvas.classList.remove("is-connecting");
  pending.toggleAttribute("hidden", true);
  pending.removeAttribute("d");
  aim(null);
}

function aim(card) {
  canvas.querySelector(".is-aim")?.classList.remove("is-aim");
  if (mayEnd(card)) card.classList.add("is-aim");
}

const mayEnd = (card) => card && from && card !== from.card && card.querySelector(".node-input");

// Connects to this card, if a connection may end there.
export async function connectTo(card) {
  if (!mayEnd(card)) return say("A connection cannot end here.");
  const fields = [["source", from.card.dataset.node], ["output", from.output], ["target", card.dataset.node]];
  if (from.edge) fields.push(["edge", from.edge.dataset.edge]);
  const drawn = pending.cloneNode();
  drawn.setAttribute("d", curve(outputAt(from.card.id, from.output), inputAt(card.id)));
  stopConnecting();
  drawn.toggleAttribute("hidden", false);
  pending.after(drawn);
  await edit("connect", fields);
  drawn.remove();
}

export const sourceOf = (handle) => ({card: handle.closest(".node"), output: handle.dataset.output});

// Chosen by a click or with the keyboard: the next card that is chosen is the connection's end.
export function startConnecting(handle) {
  stopConnecting();
  begin(sourceOf(handle));
  say("Choose where the connection ends: Tab or the arrow keys move between nodes, Enter connects, Escape cancels.");
}

export function followPointer({clientX, clientY}) {
  if (from) show(toFlow({x: clientX, y: clientY}));
}

const cardUnder = ({clientX, clientY}) => document.elementFromPoint(clientX, clientY)?.closest(".node");

// Dragged from a handle, or from the end of an edge that is to end elsewhere.
export function connectingByDrag(source) {
  stopConnecting();
  begin(source);
  let frame = 0;
  return {
    move(event) {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        if (!from) return;
        show(toFlow({x: event.clientX, y: event.clientY}));
        aim(cardUnder(event));
      });
    },
    end(event) {
      cancelAnimationFrame(frame);
      const card = cardUnder(event);
      const {card: begun, output, edge} = from;
      // An Iteration is a target at its rim, and ground in its middle.
      if (card && card !== begun && !("width" in card.dataset && card.contains(begun))) return connectTo(card);
      stopConnecting();
      if (edge) return draw(edge);
      if (card === begun) return null;
      const point = {x: event.clientX, y: event.clientY};
      return openPalette(toFlow(point), {source: begun.dataset.node, output}, point);
    },
    cancel() {
      cancelAnimationFrame(frame);
      stopConnecting();
    },
  };
}
