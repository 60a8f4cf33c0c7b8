// Where cards and their handles stand: measured once, and again only for a card that changed.
const nodes = document.getElementById("canvas-nodes");
const boxes = new Map(); // by a card's DOM id
// Places that the server does not know yet: of cards that were moved and whose move is not answered.
const moved = new Map();

export const box = (id) => boxes.get(id);
export const allBoxes = () => boxes.entries();
export const cards = () => nodes.querySelectorAll(":scope > .node");

export function expectAt(id, at) {
  moved.set(id, at);
}

// The move was answered: what the server says of the place counts again, unless it was moved on meanwhile.
export function settle(id, at) {
  if (moved.get(id) !== at) return;
  moved.delete(id);
  const card = document.getElementById(id);
  if (card) measure([card]);
}

// Writes all places, then reads all sizes: the page is laid out once, not once a card.
export function measure(changed) {
  for (const card of changed) {
    const {x, y} = moved.get(card.id) ?? {x: Number(card.dataset.x), y: Number(card.dataset.y)};
    if (card.dataset.width) {
      card.style.width = `${card.dataset.width}px`;
      card.style.height = `${card.dataset.height}px`;
    }
    boxes.set(card.id, {x, y});
    stand(card, x, y);
  }
  for (const card of changed) {
    const found = boxes.get(card.id);
    found.width = card.offsetWidth;
    found.height = card.offsetHeight;
    found.parent = card.dataset.parent;
    found.node = card.dataset.node;
    found.frame = "width" in card.dataset;
    found.outputs = new Map();
    for (const handle of card.querySelectorAll(".handle")) {
      const row = handle.parentElement;
      found.outputs.set(handle.dataset.output, row === card ? found.height / 2 : row.offsetTop + row.offsetHeight / 2);
    }
  }
}

export function forget(id) {
  boxes.delete(id);
}

export function stand(card, x, y) {
  card.style.translate = `${x}px ${y}px`;
}

export function moveTo(id, x, y) {
  const found = boxes.get(id);
  found.x = x;
  found.y = y;
  stand(document.getElementById(id), x, y);
}

export function resizeTo(id, width, height) {
  const card = document.getElementById(id);
  card.style.width = `${width}px`;
  card.style.height = `${height}px`;
  Object.assign(boxes.get(id), {width, height});
}

export function outputAt(id, output) {
  const found = boxes.get(id);
  return found && {x: found.x + found.width, y: found.y + (found.outputs.get(output) ?? found.height / 2)};
}

export function inputAt(id) {
  const found = boxes.get(id);
  return found && {x: found.x, y: found.y + found.height / 2};
}

export function bounds(ids = boxes.keys()) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const id of ids) {
    const {x, y, width, height} = boxes.get(id);
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + width);
    bottom = Math.max(bottom, y + height);
  }
  return left === Infinity ? {x: 0, y: 0, width: 0, height: 0} : {x: left, y: top, width: right - left, height: bottom - top};
}

// What stands in these Iterations, and in those inside them.
export function within(ids) {
  const found = new Set(ids);
  const parents = new Set([...ids].map((id) => boxes.get(id)).filter((one) => one.frame).map((one) => one.node));
  for (let before = -1; before !== found.size && parents.size;) {
    before = found.size;
    for (const [id, one] of boxes) {
      if (found.has(id) || !parents.has(one.parent)) continue;
      found.add(id);
      if (one.frame) parents.add(one.node);
    }
  }
  return found;
}

// The innermost Iteration around this point, none of those left out.
export function frameAt({x, y}, leftOut) {
  let found = null;
  for (const [id, one] of boxes) {
    const inside = one.frame && x > one.x && x < one.x + one.width && y > one.y && y < one.y + one.height;
    if (inside && !leftOut.has(id) && (!found || one.width < found.width)) found = one;
  }
  return found;
}
