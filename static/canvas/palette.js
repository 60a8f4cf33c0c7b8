// The palette: which nodes can be added, found by a word. What it adds stands where it was asked for.
import {cards, frameAt} from "./geometry.js";
import {canvas, middle, toFlow} from "./view.js";

const palette = document.getElementById("canvas-palette");
const form = palette?.querySelector("form");
const search = palette?.querySelector("input[type=search]");
const opener = document.getElementById("canvas-add");
let back = null;

export const isPaletteOpen = () => Boolean(palette && !palette.hidden);
const choices = () => [...palette.querySelectorAll("button[name=name]")].filter((one) => !one.closest("[hidden]"));

// `at` is a place in the flow; `source` and `output` are what the new node is to be connected with.
// With a `point` of the window it opens there.
export function openPalette(at = free(), {source = "", output = ""} = {}, point = null) {
  if (!palette) return;
  back = document.activeElement;
  const parent = frameAt(at, new Set())?.node ?? "";
  const values = {x: Math.round(at.x), y: Math.round(at.y), parent, source, output};
  for (const [name, value] of Object.entries(values)) {
    form.elements[name].value = value;
    // What is not said is not sent.
    form.elements[name].disabled = value === "";
  }
  search.value = "";
  filter();
  palette.hidden = false;
  stand(point);
  opener.setAttribute("aria-expanded", "true");
  search.focus();
}

export function closePalette() {
  if (!isPaletteOpen()) return;
  const inside = palette.contains(document.activeElement);
  palette.hidden = true;
  opener.setAttribute("aria-expanded", "false");
  if (inside) (back?.isConnected && back !== document.body ? back : opener).focus();
}

function stand(point) {
  const around = palette.parentElement.getBoundingClientRect();
  const [left, top] = [(point?.x ?? 0) - around.left, (point?.y ?? 0) - around.top];
  const narrow = !point || around.width < 560;
  palette.style.left = narrow ? "" : `${Math.max(0, Math.min(left, around.width - palette.offsetWidth))}px`;
  palette.style.top = narrow ? "" : `${Math.max(0, Math.min(top, around.height - palette.offsetHeight))}px`;
}

// Near the middle of what is seen, and not upon another card.
function free() {
  const at = toFlow(middle());
  at.x -= 80;
  at.y -= 35;
  const taken = [...cards()].map((card) => [Number(card.dataset.x), Number(card.dataset.y)]);
  while (taken.some(([x, y]) => Math.abs(x - at.x) < 24 && Math.abs(y - at.y) < 24)) {
    at.x += 32;
    at.y += 32;
  }
  return at;
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const button of palette.querySelectorAll("button[name=name]")) {
    const text = button.textContent.toLowerCase();
    button.parentElement.hidden = !words.every((word) => text.includes(word));
  }
  for (const group of palette.querySelectorAll("[data-group]")) {
    group.hidden = ![...group.querySelectorAll("li")].some((one) => !one.hidden);
  }
  palette.querySelector("[data-nothing]").hidden = choices().length > 0;
}

function step(by) {
  const found = [search, ...choices()];
  found.at((found.indexOf(document.activeElement) + by) % found.length).focus();
}

search?.addEventListener("input", filter);
palette?.addEventListener("keydown", (event) => {
  const by = {ArrowDown: 1, ArrowUp: -1}[event.key];
  if (by) step(by);
  else if (event.key === "Enter" && event.target === search) choices()[0]?.click();
  else if (event.key === "Escape") closePalette();
  else return;
  event.preventDefault();
  event.stopPropagation();
});
opener?.addEventListener("click", () => (isPaletteOpen() ? closePalette() : openPalette()));
palette?.querySelector("[data-close-palette]").addEventListener("click", closePalette);
document.addEventListener("pointerdown", ({target}) => {
  if (!palette?.contains(target) && !opener?.contains(target)) closePalette();
});
// It closes as soon as something was chosen: the answer opens the new node's settings.
form?.addEventListener("submit", () => setTimeout(() => {
  palette.hidden = true;
  opener.setAttribute("aria-expanded", "false");
  canvas.focus({preventScroll: true});
}));
