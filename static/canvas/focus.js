// A card that an answer draws anew keeps the focus that it had.
const nodes = document.getElementById("canvas-nodes");
let last = "";

document.addEventListener("focusin", ({target}) => { last = nodes.contains(target) ? target.closest(".node").id : ""; });

new MutationObserver((records) => {
  if (!last || document.activeElement !== document.body) return;
  for (const {addedNodes} of records) {
    for (const card of addedNodes) if (card.id === last) card.focus({preventScroll: true});
  }
}).observe(nodes, {childList: true});
