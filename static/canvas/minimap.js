// The overview: all cards as blocks, and a frame around what is seen. A click goes there.
import {allBoxes, bounds} from "./geometry.js";
import {canvas, centre, view, watchView} from "./view.js";

const map = document.getElementById("canvas-map");
const picture = map.querySelector("canvas");
const frame = map.querySelector("[data-seen]");
let scale = 1;
let left = 0;
let top = 0;
let due = 0;

export function redrawMap() {
  due ||= requestAnimationFrame(paint);
}

function paint() {
  due = 0;
  const {x, y, width, height} = bounds();
  const [across, down] = [map.clientWidth, map.clientHeight];
  if (!across) return;
  const ratio = devicePixelRatio;
  scale = Math.min(across / (width + 200), down / (height + 200));
  left = x - (across / scale - width) / 2;
  top = y - (down / scale - height) / 2;
  [picture.width, picture.height] = [across * ratio, down * ratio];
  const pen = picture.getContext("2d");
  pen.scale(ratio, ratio);
  const colour = getComputedStyle(map);
  const [card, ground] = [colour.getPropertyValue("--map-card"), colour.getPropertyValue("--map-frame")];
  for (const [, one] of allBoxes()) {
    pen.fillStyle = one.frame ? ground : card;
    pen.fillRect((one.x - left) * scale, (one.y - top) * scale, Math.max(2, one.width * scale), Math.max(2, one.height * scale));
  }
  showSeen();
}

function showSeen() {
  const size = scale / view.zoom;
  frame.style.translate = `${(-view.x / view.zoom - left) * scale}px ${(-view.y / view.zoom - top) * scale}px`;
  frame.style.width = `${canvas.clientWidth * size}px`;
  frame.style.height = `${canvas.clientHeight * size}px`;
}

function go(event) {
  const box = map.getBoundingClientRect();
  centre((event.clientX - box.left) / scale + left, (event.clientY - box.top) / scale + top);
}

map.addEventListener("pointerdown", (event) => {
  event.preventDefault();
  map.setPointerCapture(event.pointerId);
  go(event);
});
map.addEventListener("pointermove", (event) => {
  if (map.hasPointerCapture(event.pointerId)) go(event);
});
watchView(showSeen);
new ResizeObserver(redrawMap).observe(canvas);
new MutationObserver(redrawMap).observe(document.documentElement, {attributeFilter: ["data-bs-theme"]});
