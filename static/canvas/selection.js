// Which cards and edges are selected, by their DOM ids: a card that the server draws anew stays selected.
const chosen = new Set();
const watchers = [];

export const selected = () => new Set(chosen);
export const isSelected = (element) => chosen.has(element.id);
export const watchSelection = (watcher) => watchers.push(watcher);

const things = (kind) => [...chosen].map((id) => document.getElementById(id)).filter((one) => one?.matches(kind));
export const selectedCards = () => things(".node");
export const selectedEdges = () => things(".edge");

export function select(ids, {add = false} = {}) {
  const before = new Set(chosen);
  if (!add) chosen.clear();
  for (const id of ids) chosen.add(id);
  show(before);
}

export function toggle(id) {
  const before = new Set(chosen);
  if (!chosen.delete(id)) chosen.add(id);
  show(before);
}

function show(before) {
  for (const id of new Set([...before, ...chosen])) mark(document.getElementById(id));
  for (const watcher of watchers) watcher();
}

export function mark(element) {
  element?.classList.toggle("is-selected", chosen.has(element.id));
}

export function forgetSelected(id) {
  if (chosen.delete(id)) for (const watcher of watchers) watcher();
}
