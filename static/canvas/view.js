// What part of the canvas is seen. Panning and zooming are one transform of the world, whatever stands in it.
export const canvas = document.getElementById("canvas");
const world = document.getElementById("canvas-world");
const shown = document.getElementById("canvas-zoom");
const LEAST = 0.02;
const MOST = 2;
const MARGIN = 48;
// Above and below lie the tools.
const TOOLS = 72;
// Smaller than this nothing can be read: a large flow opens at its start instead of being squeezed into the window.
const READABLE = 0.6;
const DOTS = 24;

export const editable = "editable" in (canvas?.dataset ?? {});
export const view = {x: 0, y: 0, zoom: 1};
let frame = 0;
let still = 0;

// Called after each change of the view, once a frame.
const watchers = [];
export const watchView = (watcher) => watchers.push(watcher);

export function look(x, y, zoom = view.zoom) {
  Object.assign(view, {x, y, zoom: Math.min(MOST, Math.max(LEAST, zoom))});
  frame ||= requestAnimationFrame(show);
}

function show() {
  frame = 0;
  const {x, y, zoom} = view;
  world.style.transform = `translate(${x}px, ${y}px) scale(${zoom})`;
  // A layer of its own while it moves; drawn anew, and sharp, when it stands.
  world.style.willChange = "transform";
  clearTimeout(still);
  still = setTimeout(() => { world.style.willChange = ""; }, 200);
  const step = DOTS * zoom * (zoom < 0.5 ? 4 : 1);
  canvas.style.backgroundSize = `${step}px ${step}px`;
  canvas.style.backgroundPosition = `${x}px ${y}px`;
  canvas.classList.toggle("is-far", zoom < 0.4);
  const percent = `${Math.round(zoom * 100)} %`;
  if (shown.textContent !== percent) shown.textContent = percent;
  for (const watcher of watchers) watcher();
}

export const panBy = (dx, dy) => look(view.x + dx, view.y + dy);

// Scales around a point of the window, by default the middle of the canvas.
export function zoomTo(zoom, point = middle()) {
  const to = Math.min(MOST, Math.max(LEAST, zoom));
  const {left, top} = canvas.getBoundingClientRect();
  const [px, py] = [point.x - left, point.y - top];
  const scale = to / view.zoom;
  look(px - (px - view.x) * scale, py - (py - view.y) * scale, to);
}

export function middle() {
  const {left, top, width, height} = canvas.getBoundingClientRect();
  return {x: left + width / 2, y: top + height / 2};
}

// From a point of the window to one of the flow.
export function toFlow({x, y}) {
  const {left, top} = canvas.getBoundingClientRect();
  return {x: (x - left - view.x) / view.zoom, y: (y - top - view.y) / view.zoom};
}

export function centre(x, y, zoom = view.zoom) {
  look(canvas.clientWidth / 2 - x * zoom, canvas.clientHeight / 2 - y * zoom, zoom);
}

// The scale at which a part of this size is seen as a whole.
export function fitting({width, height}) {
  const room = [canvas.clientWidth - 2 * MARGIN, canvas.clientHeight - 2 * TOOLS];
  return Math.min(1.25, room[0] / Math.max(width, 1), room[1] / Math.max(height, 1));
}

export function fit(bounds) {
  centre(bounds.x + bounds.width / 2, bounds.y + bounds.height / 2, fitting(bounds));
}

export function isSeen({x, y, width, height}) {
  const {x: left, y: top, zoom} = view;
  const [right, bottom] = [(x + width) * zoom + left, (y + height) * zoom + top];
  return x * zoom + left >= 0 && y * zoom + top >= 0 && right <= canvas.clientWidth && bottom <= canvas.clientHeight;
}

// As a flow opens: all of it, or its beginning where all of it would be too small to read.
export function open(bounds, first) {
  if (fitting(bounds) >= READABLE || !first) return fit(bounds);
  const y = Math.min(Math.max(canvas.clientHeight / 2 - first.height, MARGIN), canvas.clientHeight / 2);
  look(MARGIN / 2 - first.x, y - first.y, 1);
}

// Pans as little as it takes to see this box of the flow.
export function reveal({x, y, width, height}) {
  const {zoom} = view;
  const shift = (at, size, seen, [before, after]) => {
    if (at < before) return before - at;
    const over = at + size - (seen - after);
    return over > 0 ? -Math.min(over, at - before) : 0;
  };
  const dx = shift(x * zoom + view.x, width * zoom, canvas.clientWidth, [MARGIN / 2, MARGIN / 2]);
  const dy = shift(y * zoom + view.y, height * zoom, canvas.clientHeight, [TOOLS, 2 * TOOLS]);
  if (dx || dy) panBy(dx, dy);
}
