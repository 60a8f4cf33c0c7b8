// Typing {{ in a text offers its variables. Their names come from the server, with the panel.
const OPEN = /\{\{[ \t]*([^{}\n]*)$/;
const CLOSE = /^[ \t]*\}\}/;
let field = null; // what the list is open for

const list = () => document.getElementById("panel-variables");
const options = () => [...list().querySelectorAll("[role=option]:not([hidden])")];
const current = () => list()?.querySelector("[aria-selected=true]");

document.addEventListener("input", ({target}) => {
  if (!target.matches?.("[data-variables]") || !list()) return;
  const typed = wanted(target);
  if (typed === null || !offer(typed)) return close();
  open(target);
});

// What stands between {{ and the caret, or null.
function wanted(target) {
  if (target.selectionStart !== target.selectionEnd) return null;
  return target.value.slice(0, target.selectionStart).match(OPEN)?.[1].trim().toLowerCase() ?? null;
}

// Shows the names that hold the word; if there are none, what is described by it.
function offer(word) {
  const all = [...list().children];
  const named = all.filter(({dataset}) => dataset.value.toLowerCase().includes(word));
  const found = named.length ? named : all.filter(({textContent}) => textContent.toLowerCase().includes(word));
  for (const option of all) option.hidden = !found.includes(option);
  choose(found.find(({dataset}) => dataset.value.toLowerCase().startsWith(word)) ?? found[0]);
  return found.length;
}

function open(target) {
  if (field !== target) {
    close();
    field = target;
    // A one-line field is a combobox; a text stays one, and tells of its list by the same attributes.
    if (target.matches("input")) target.setAttribute("role", "combobox");
    if (target.matches("input")) target.setAttribute("aria-expanded", "true");
    target.setAttribute("aria-autocomplete", "list");
    target.setAttribute("aria-controls", list().id);
  }
  list().hidden = false;
  place();
  choose(current());
  say(options().length === 1 ? "1 variable" : `${options().length} variables`);
}

function close() {
  if (list()) list().hidden = true;
  for (const name of ["role", "aria-expanded", "aria-autocomplete", "aria-controls", "aria-activedescendant"]) field?.removeAttribute(name);
  field = null;
}

function choose(option) {
  for (const other of list().children) other.setAttribute("aria-selected", other === option);
  if (!option) return;
  field?.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({block: "nearest"});
}

// Below the field, or above it where there is no room.
function place() {
  const at = field.getBoundingClientRect();
  const box = list();
  box.style.left = `${at.left}px`;
  box.style.width = `${at.width}px`;
  const below = Math.min(at.bottom, innerHeight);
  box.style.top = `${below + box.offsetHeight <= innerHeight ? below : Math.max(0, at.top - box.offsetHeight)}px`;
}

function take(option) {
  const {value, selectionStart: caret} = field;
  const begin = value.slice(0, caret).lastIndexOf("{{");
  const end = caret + (value.slice(caret).match(CLOSE)?.[0].length ?? 0);
  const target = field;
  close();
  target.focus();
  target.setSelectionRange(begin, end);
  // As if it was typed: the browser can undo it, and tells of it when the field is left.
  const text = `{{ ${option.dataset.value} }}`;
  if (!document.execCommand("insertText", false, text)) target.setRangeText(text, begin, end, "end");
}

const KEYS = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  Enter: () => take(current()),
  Tab: () => take(current()),
  Escape: close,
};

function move(step) {
  const found = options();
  choose(found.at((found.indexOf(current()) + step) % found.length));
}

// Captured: Enter must not send the form, nor Escape close the panel.
document.addEventListener("keydown", (event) => {
  if (!field || event.target !== field || event.isComposing || event.shiftKey || !KEYS[event.key]) return;
  event.preventDefault();
  event.stopPropagation();
  KEYS[event.key]();
}, true);

document.addEventListener("focusout", ({target}) => {
  if (target === field) close();
});
// The field keeps the focus while somebody presses on the list.
document.addEventListener("pointerdown", (event) => {
  if (event.target.closest("#panel-variables")) event.preventDefault();
});
document.addEventListener("mousedown", (event) => {
  if (event.target.closest("#panel-variables")) event.preventDefault();
});
document.addEventListener("click", ({target}) => {
  const option = target.closest("#panel-variables [role=option]");
  if (option && field) take(option);
});
document.addEventListener("scroll", (event) => {
  if (field && event.target !== list()) place();
}, true);
