// Copying, the samples' tabs and flow, and the guard around a key that was not copied yet.
"use strict";

const uncopied = () => document.querySelector("#reveal[data-uncopied]");

function noticeSecret(text) {
  const reveal = uncopied();
  if (reveal && text.includes(reveal.querySelector("#secret").value)) {
    delete reveal.dataset.uncopied;
    ask(reveal, false);
  }
}

async function writeClipboard(text, source) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Plain http has no clipboard API; the text stays selected for the person if this fails too.
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
}

async function copy(button) {
  const source = document.querySelector(button.dataset.copy);
  const text = source.value ?? source.textContent;
  const done = await writeClipboard(text, source);
  if (done) noticeSecret(text);
  const said = done ? "Copied" : "Press Ctrl+C";
  button.dataset.was ??= button.querySelector("[data-label]").textContent;
  dress(button, said, done ? "check" : "copy");
  say(said);
  clearTimeout(button.timer);
  button.timer = setTimeout(() => dress(button, button.dataset.was, "copy"), 2000);
}

function dress(button, words, icon) {
  button.querySelector("[data-label]").textContent = words;
  const use = button.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icon}`));
}

function ask(reveal, open) {
  const question = reveal.querySelector("[data-ask]");
  const answered = question.contains(document.activeElement);
  question.hidden = !open;
  reveal.querySelector("[data-done]").hidden = open;
  if (open) reveal.querySelector("[data-stay]").focus();
  else if (answered) reveal.querySelector("[data-copy='#secret']").focus();
}

// Copying by hand counts as well.
document.addEventListener("copy", ({target}) => {
  const field = target.closest?.("#secret");
  noticeSecret(field ? field.value.slice(field.selectionStart, field.selectionEnd) : String(getSelection()));
});

document.addEventListener("forjinn:leave", (event) => {
  const reveal = uncopied();
  if (!reveal) return;
  event.preventDefault();
  // A second Escape takes the question away, not the key.
  ask(reveal, reveal.querySelector("[data-ask]").hidden);
});

addEventListener("beforeunload", (event) => {
  if (uncopied()) event.preventDefault();
});

// Back must not find the key in the page that the browser kept.
addEventListener("pagehide", () => {
  const reveal = document.getElementById("reveal");
  if (!reveal) return;
  delete reveal.dataset.uncopied;
  reveal.closest("dialog")?.close();
  reveal.replaceChildren();
  document.getElementById("reveal-gone")?.removeAttribute("hidden");
});

function select(tab) {
  for (const other of tab.parentElement.children) {
    const chosen = other === tab;
    other.classList.toggle("active", chosen);
    other.setAttribute("aria-selected", chosen);
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).classList.toggle("active", chosen);
  }
}

// Captured, so that the key is let go before the dialog's own listener asks about it.
document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  if (at("[data-abandon]")) delete uncopied()?.dataset.uncopied;
  if (at("[data-stay]")) ask(uncopied(), false);
  if (at("[data-copy]")) copy(at("[data-copy]"));
  if (at("[role=tab]")) select(at("[role=tab]"));
}, true);

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[role=tab]");
  const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
  if (!tab || !step) return;
  const tabs = [...tab.parentElement.children];
  const next = tabs.at((tabs.indexOf(tab) + step) % tabs.length);
  select(next);
  next.focus();
});

document.addEventListener("change", ({target}) => {
  if (!target.matches("[data-flow]")) return;
  for (const id of document.querySelectorAll("[data-flow-id]")) id.textContent = target.value;
});

// Without JavaScript the samples stand one below the other and are no tab panels.
function makePanels() {
  for (const panel of document.querySelectorAll(".sample")) panel.setAttribute("role", "tabpanel");
}
document.addEventListener("htmx:after:settle", makePanels);
makePanels();
