// The dialog, menus, focus, and what is said when the server does not answer.
"use strict";

const dialog = document.getElementById("dialog");
let opener = null;

// Says a sentence to screen readers. What lies outside an open modal dialog is not read.
function say(sentence) {
  const inside = dialog?.open && dialog.querySelector("[aria-live]");
  const region = inside || document.getElementById("announce");
  region.textContent = "";
  setTimeout(() => { region.textContent = sentence; }, 100);
}

// Whoever holds something that would be lost cancels this event, and says why.
function mayLeave() {
  return document.dispatchEvent(new CustomEvent("forjinn:leave", {cancelable: true}));
}

function closeDialog() {
  if (mayLeave()) dialog.close();
}

function showDialog(source) {
  if (!dialog.open) {
    opener = source;
    dialog.showModal();
  }
  const fields = ["[aria-invalid=true]", "[autofocus]", "input:not([type=hidden])", "a, button"];
  const first = fields.map((selector) => dialog.querySelector(selector)).find(Boolean);
  first?.focus();
  if (first?.readOnly) first.select();
}

function giveFocusBack() {
  // The list may have been drawn anew meanwhile: its buttons keep their ids.
  const same = opener?.isConnected ? opener : document.getElementById(opener?.id);
  (same || document.getElementById("page-title"))?.focus();
  opener = null;
}

if (dialog) {
  dialog.addEventListener("close", () => {
    // A browser closes a dialog on the second Escape whatever we say. Then it opens again and asks.
    if (!mayLeave()) return dialog.showModal();
    dialog.replaceChildren();
    giveFocusBack();
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    closeDialog();
  });
  // Only a press that began on the backdrop closes, not a selection that ended there.
  let onBackdrop = false;
  dialog.addEventListener("pointerdown", (event) => { onBackdrop = event.target === dialog; });
  dialog.addEventListener("click", (event) => {
    // The second half of a double click was meant for the button that opened it.
    if (onBackdrop && event.target === dialog && event.detail < 2) closeDialog();
  });
  document.addEventListener("close-dialog", () => dialog.close());
}

document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-close]");
  if (close && dialog?.contains(close)) {
    event.preventDefault();
    closeDialog();
  } else if (close && !mayLeave()) {
    event.preventDefault();
  }
});

// Menus: one is open at a time, and closes when the person turns to something else.
const menus = [...document.querySelectorAll("details.dropdown")];
for (const menu of menus) {
  menu.addEventListener("toggle", () => {
    // What the menu covers cannot be hit by accident.
    const open = menus.some((other) => other.open);
    for (const part of document.querySelectorAll("[data-beneath]")) part.inert = open;
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}
document.addEventListener("click", (event) => {
  for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || event.defaultPrevented) return;
  const menu = menus.find((one) => one.open);
  if (dialog?.open) {
    event.preventDefault();
    closeDialog();
  } else if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else {
    event.target.closest?.("tr")?.querySelector("[data-cancel]")?.click();
  }
});

document.addEventListener("htmx:after:settle", ({target, detail}) => {
  const source = detail.task.sourceElement;
  if (target === dialog) {
    showDialog(source);
  } else if (target.matches("tr")) {
    const first = target.querySelector("[data-first]");
    first?.focus();
    if (first?.ariaInvalid !== "true") first?.select?.();
  } else if ("form" in target.dataset && source?.closest("form")) {
    // The form that was sent is drawn anew: on with the field at fault, or where the person was.
    target.querySelector("[aria-invalid=true], [autofocus], [data-sent]")?.focus();
  } else if (target.id === "problem") {
    target.querySelector("[role=alert]")?.focus();
  } else if (target.dataset.summary) {
    if (source?.closest("[role=search]")) say(target.dataset.summary);
    // The row that had the focus may have left with the old list.
    if (!dialog.open && document.activeElement === document.body) giveFocusBack();
  }
});

document.addEventListener("htmx:before:request", () => {
  document.getElementById("problem")?.replaceChildren();
  for (const alert of document.querySelectorAll(".no-answer")) alert.remove();
});

document.addEventListener("htmx:error", ({detail}) => {
  if (!detail.ctx || detail.ctx.response) return;
  const place = detail.ctx.sourceElement.closest("dialog, td:has(input)") || document.getElementById("problem");
  const alert = document.getElementById("no-answer").content.firstElementChild.cloneNode(true);
  place.prepend(alert);
  // The button that had the focus was disabled during the request, which takes the focus from it.
  setTimeout(() => { if (document.activeElement === document.body) alert.focus(); });
});
