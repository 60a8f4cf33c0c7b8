// The panel of a node's settings: what was typed is sent before it closes, and it shows what is true after an undo.
// First, so that Escape closes its list before the panel.
import "./variables.js";

const panel = () => document.getElementById("canvas-panel");
const shown = () => document.getElementById("node-panel");
const isOurs = (source) => Boolean(source?.closest?.("#panel-form"));

// Leaving a field by Escape is no change to the browser: without this it would be thrown away.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isOurs(event.target) && !event.defaultPrevented) event.target.blur();
}, true);

document.addEventListener("htmx:config:request", ({detail: {ctx}}) => {
  if (isOurs(ctx.sourceElement) && document.getElementById("canvas-list")) ctx.request.body.set("list", "1");
});

// On a page of its own there is no canvas that sends one change after the other.
const isAlone = () => !document.getElementById("canvas-status");
document.addEventListener("htmx:before:request", ({detail: {ctx}}) => {
  if (isAlone() && isOurs(ctx.sourceElement)) ctx.request.body.set("revision", document.getElementById("panel-form").elements.revision.value);
});

// An answer that comes when the panel is closed, or shows another node, changes the canvas alone. A refusal
// opens it again: what was typed is in there.
document.addEventListener("htmx:after:request", ({detail: {ctx}}) => {
  if (ctx.target !== panel() || ctx.request.method !== "POST" || ctx.response.status !== 200) return;
  if (!ctx.sourceElement.isConnected) ctx.swap = "none";
});

// Where something else was done to the flow, the settings may say something else now, or be gone with their node.
document.addEventListener("htmx:finally:request", ({detail: {ctx}}) => {
  const at = shown();
  if (!at || ctx.request.method !== "POST" || ctx.target === panel() || ctx.response?.status !== 200) return;
  const {pathname} = new URL(ctx.request.action, location.href);
  const base = new URL(at.dataset.panelAt, location.href).pathname.replace(/\/node$/, "");
  if (!pathname.startsWith(`${base}/`) || /\/(move|arrange)$/.test(pathname)) return;
  // Copied or deleted from a page of its own: the list shows it.
  if (isAlone()) location.assign(document.getElementById("panel-list").href);
  else refresh(at);
});

function refresh(at) {
  const cards = document.getElementById("canvas-nodes");
  if (cards && !cards.querySelector(`[data-node="${CSS.escape(at.dataset.panelOf)}"]`)) return panel().replaceChildren();
  // Within the panel somebody may be typing.
  const swap = at.contains(document.activeElement) ? "innerMorph" : "innerHTML";
  return htmx.ajax("GET", at.dataset.panelAt, {source: panel(), target: "#canvas-panel", swap});
}

// The list says nothing of it: there the server knows.
document.addEventListener("htmx:after:request", ({detail: {ctx}}) => {
  if (ctx.sourceElement !== panel() || ctx.response.status !== 404) return;
  ctx.swap = "none";
  panel().replaceChildren();
});
