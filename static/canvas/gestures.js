// What a pointer does on the canvas: pan, pinch, drag cards, draw a band around some, connect, click.
import {connectTo, connectingByDrag, followPointer, isConnecting, sourceOf, startConnecting, stopConnecting} from "./connecting.js";
import {allBoxes, inputAt} from "./geometry.js";
import {dragging} from "./moving.js";
import {openCard} from "./panel.js";
import {resizing} from "./resizing.js";
import {isSelected, select, selected, toggle} from "./selection.js";
import {canvas, editable, look, panBy, toFlow, view, zoomTo} from "./view.js";

const THRESHOLD = 4; // pixels; less is a click with an unsteady hand
const SLOP = 20; // pixels between where a finger was lifted and the click that the browser makes of it
const LINE = 16; // pixels that a wheel means by a line
const band = document.getElementById("canvas-band");
const pointers = new Map();
let gesture = null;
let space = false;

export function cancelGesture() {
  const had = Boolean(gesture?.begun);
  gesture?.begun?.cancel?.();
  gesture = null;
  return had;
}

function panning(start) {
  const {x, y} = view;
  return {move: ({clientX, clientY}) => look(x + clientX - start.clientX, y + clientY - start.clientY)};
}

function banding(start) {
  const kept = selected();
  const origin = canvas.getBoundingClientRect();
  const corner = toFlow({x: start.clientX, y: start.clientY});
  return {
    move({clientX, clientY}) {
      const [left, top] = [Math.min(clientX, start.clientX), Math.min(clientY, start.clientY)];
      band.hidden = false;
      band.style.translate = `${left - origin.left}px ${top - origin.top}px`;
      band.style.width = `${Math.abs(clientX - start.clientX)}px`;
      band.style.height = `${Math.abs(clientY - start.clientY)}px`;
      const other = toFlow({x: clientX, y: clientY});
      select([...kept, ...inside(corner, other)]);
    },
    end: () => { band.hidden = true; },
    cancel: () => { band.hidden = true; },
  };
}

function inside(one, other) {
  const [left, right] = [Math.min(one.x, other.x), Math.max(one.x, other.x)];
  const [top, bottom] = [Math.min(one.y, other.y), Math.max(one.y, other.y)];
  const found = [];
  for (const [id, {x, y, width, height, frame}] of allBoxes()) {
    const [over, all] = [x < right && x + width > left && y < bottom && y + height > top,
      x >= left && x + width <= right && y >= top && y + height <= bottom];
    if (frame ? all : over) found.push(id);
  }
  return found;
}

function pinching() {
  const spread = () => {
    const [a, b] = [...pointers.values()];
    return {x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2, far: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY)};
  };
  let before = spread();
  return {
    move() {
      const now = spread();
      panBy(now.x - before.x, now.y - before.y);
      zoomTo(view.zoom * (now.far / (before.far || 1)), now);
      before = now;
    },
  };
}

// What dragging from here would do.
function kind(event) {
  const card = event.target.closest(".node");
  const handle = event.target.closest(".handle");
  const edge = event.target.closest(".edge");
  if (event.button === 1 || space || !editable) return panning;
  if (event.target.closest(".node-grip")) return (start) => resizing(card, start);
  if (handle) return () => connectingByDrag(sourceOf(handle));
  if (edge && atItsEnd(edge, event)) {
    const source = {card: document.getElementById(edge.dataset.source), output: edge.dataset.output, edge};
    return () => connectingByDrag(source);
  }
  // A finger pans over cards, too, as long as it did not select one.
  if (card && (event.pointerType !== "touch" || isSelected(card))) return (start) => dragging(card, start);
  return event.shiftKey ? banding : panning;
}

function atItsEnd(edge, {clientX, clientY}) {
  const at = toFlow({x: clientX, y: clientY});
  const end = inputAt(edge.dataset.target);
  return end && Math.hypot(end.x - at.x, end.y - at.y) < 28;
}

canvas.addEventListener("pointerdown", (event) => {
  if (event.button > 1) return;
  pointers.set(event.pointerId, event);
  if (event.button === 1) event.preventDefault();
  if (pointers.size === 2) {
    cancelGesture();
    gesture = {begun: pinching()};
  } else if (pointers.size === 1) {
    gesture = {start: event, begin: kind(event)};
  }
});

canvas.addEventListener("pointermove", (event) => {
  if (isConnecting() && !gesture?.begun) followPointer(event);
  if (!pointers.has(event.pointerId)) return;
  pointers.set(event.pointerId, event);
  if (!gesture) return;
  const {start} = gesture;
  if (!gesture.begun && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > THRESHOLD) {
    gesture.begun = gesture.begin(start);
    canvas.setPointerCapture(event.pointerId);
    canvas.classList.add("is-dragging");
  }
  gesture.begun?.move(event);
});

function lift(event) {
  if (!pointers.delete(event.pointerId) || !gesture) return;
  if (event.type === "pointercancel") cancelGesture();
  else if (pointers.size === 0) gesture.begun?.end?.(event);
  canvas.classList.remove("is-dragging");
  // A click follows at once; it is none if something was dragged.
  const dragged = Boolean(gesture?.begun);
  gesture = null;
  if (dragged) swallowClick(event);
}

// One elsewhere is another's: a busy browser may deliver it before the timer.
function swallowClick({clientX, clientY}) {
  const swallow = (click) => {
    if (Math.hypot(click.clientX - clientX, click.clientY - clientY) < SLOP) click.stopPropagation();
  };
  addEventListener("click", swallow, {capture: true, once: true});
  setTimeout(() => removeEventListener("click", swallow, {capture: true}));
}
canvas.addEventListener("pointerup", lift);
canvas.addEventListener("pointercancel", lift);

canvas.addEventListener("click", (event) => {
  const handle = event.target.closest(".handle");
  const card = event.target.closest(".node");
  const edge = event.target.closest(".edge");
  if (handle && editable) return startConnecting(handle);
  if (isConnecting()) return card ? connectTo(card) : stopConnecting();
  if (event.shiftKey && (card || edge)) return toggle((card ?? edge).id);
  if (card) return openCard(card);
  return select(edge && editable ? [edge.id] : []);
});

canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  const unit = event.deltaMode ? LINE : 1;
  if (event.ctrlKey || event.metaKey) return zoomTo(view.zoom * Math.exp(-event.deltaY * unit * 0.005), {x: event.clientX, y: event.clientY});
  const [dx, dy] = event.shiftKey && !event.deltaX ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
  return panBy(-dx * unit, -dy * unit);
}, {passive: false});

export function holdSpace(on) {
  space = on;
  canvas.classList.toggle("is-panning", on);
}
addEventListener("blur", () => holdSpace(false));
