// Ways to a node from elsewhere: the address (`?node=`), a problem that names it, an answer in which it failed.
import "./focus.js";
import {openCard} from "./panel.js";

const nodes = document.getElementById("canvas-nodes");
const cardOf = (key) => nodes?.querySelector(`[data-node="${CSS.escape(key)}"]`);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-shows], a.show-node[data-node]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const card = cardOf(link.dataset.shows ?? link.dataset.node);
  if (!card) return;
  event.preventDefault();
  link.closest("[popover]")?.hidePopover();
  openCard(card);
});

const wanted = new URLSearchParams(location.search).get("node");
if (wanted && nodes) {
  const card = cardOf(wanted);
  if (card) openCard(card);
  else say("This node is not in the flow.");
}
