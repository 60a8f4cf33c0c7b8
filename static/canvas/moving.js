// Cards are moved: dragged, or with the arrow keys. Only they and their edges are drawn anew.
import {box, expectAt, frameAt, moveTo, settle, within} from "./geometry.js";
import {draw, edgesOf} from "./edges.js";
import {edit, hold} from "./queue.js";
import {isSelected, select, selected, selectedCards} from "./selection.js";
import {view} from "./view.js";

const PATIENCE = 400; // milliseconds after the last arrow key

// Begins to move cards; the movement's `to` says how far they are from where they began, in the flow's units.
function begin(cards) {
  const ids = new Set(cards.map((card) => card.id));
  const all = within(ids);
  // What stands in an Iteration moves with it, and keeps its place there.
  for (const id of [...ids]) if (cards.some((card) => card.id !== id && within([card.id]).has(id))) ids.delete(id);
  const starts = [...all].map((id) => [id, box(id).x, box(id).y]);
  const touched = edgesOf(all);
  return {
    ids, all,
    to(dx, dy) {
      for (const [id, x, y] of starts) moveTo(id, x + dx, y + dy);
      for (const edge of touched) draw(edge);
    },
  };
}

// One edit of where all of them stand now; a card that was put into an Iteration, or taken out of it, says so.
async function send({ids, all}, mayEnter) {
  const fields = [];
  const places = [];
  const entered = new Map([...ids].map((id) => [id, mayEnter ? parentOf(id, all) : box(id).parent]));
  const enters = [...entered].some(([id, parent]) => parent !== box(id).parent);
  for (const id of all) {
    const {x, y} = box(id);
    const at = {x, y};
    places.push([id, at]);
    expectAt(id, at);
    if (!ids.has(id)) continue;
    fields.push(["node", box(id).node], ["x", x], ["y", y]);
    if (enters) fields.push(["parent", entered.get(id)]);
  }
  await edit("move", fields);
  for (const [id, at] of places) settle(id, at);
  for (const edge of edgesOf(all)) draw(edge);
}

function parentOf(id, leftOut) {
  const {x, y, width, height} = box(id);
  return frameAt({x: x + width / 2, y: y + height / 2}, leftOut)?.node ?? "";
}

export function dragging(card, start) {
  if (!isSelected(card)) select([card.id]);
  const moving = begin(selectedCards());
  const release = hold();
  let frame = 0;
  let at = [0, 0];
  const place = () => {
    frame = 0;
    moving.to(...at);
  };
  return {
    move({clientX, clientY}) {
      at = [Math.round((clientX - start.clientX) / view.zoom), Math.round((clientY - start.clientY) / view.zoom)];
      frame ||= requestAnimationFrame(place);
    },
    end() {
      cancelAnimationFrame(frame);
      place();
      release();
      if (at[0] || at[1]) send(moving, true);
    },
    cancel() {
      cancelAnimationFrame(frame);
      moving.to(0, 0);
      release();
    },
  };
}

let nudged = null;
let timer = 0;

// With the arrow keys; what was moved is sent once the keys rest.
export function nudge(dx, dy) {
  const which = [...selected()].join(" ");
  if (nudged?.which !== which) flush();
  nudged ??= {which, moving: begin(selectedCards()), x: 0, y: 0, release: hold()};
  nudged.x += dx;
  nudged.y += dy;
  nudged.moving.to(nudged.x, nudged.y);
  clearTimeout(timer);
  timer = setTimeout(flush, PATIENCE);
}

export function flush() {
  clearTimeout(timer);
  const done = nudged;
  nudged = null;
  done?.release();
  if (done && (done.x || done.y)) send(done.moving, false);
}
