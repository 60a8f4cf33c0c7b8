// The corner of an Iteration's frame is dragged: the frame gets another size, and what stands in it stays.
import {box, measure, resizeTo} from "./geometry.js";
import {draw, edgesOf} from "./edges.js";
import {edit, hold} from "./queue.js";
import {view} from "./view.js";

const SMALLEST = 100; // in the flow's units, as on the server

export function resizing(card, start) {
  const {width, height, node} = box(card.id);
  const touched = edgesOf(new Set([card.id]));
  const release = hold();
  let size = [width, height];
  let frame = 0;
  const take = () => {
    frame = 0;
    resizeTo(card.id, ...size);
    for (const edge of touched) draw(edge);
  };
  const end = () => {
    cancelAnimationFrame(frame);
    take();
    release();
  };
  return {
    move({clientX, clientY}) {
      const moved = [clientX - start.clientX, clientY - start.clientY];
      size = [width, height].map((before, which) => Math.max(SMALLEST, Math.round(before + moved[which] / view.zoom)));
      frame ||= requestAnimationFrame(take);
    },
    async end() {
      end();
      await edit("resize", [["node", node], ["width", size[0]], ["height", size[1]]]);
      // It is drawn large enough for what stands in it, and as it was where the size was refused.
      const now = document.getElementById(card.id);
      if (now) measure([now]);
      for (const edge of edgesOf(new Set([card.id]))) draw(edge);
    },
    cancel() {
      size = [width, height];
      end();
    },
  };
}
