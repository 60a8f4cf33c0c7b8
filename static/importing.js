// Importing keys and flows: dropping a file, and how much of it is sent. fetch, which htmx uses, tells no progress of an upload.
"use strict";

const SHOWN_FROM = 1_000_000; // bytes; less is sent before anybody would read it
let upload = null;

function fileOf(form) {
  return form.querySelector("input[type=file]").files[0];
}

function isTooLarge(form) {
  const input = form.querySelector("input[type=file]");
  const too = fileOf(form)?.size > Number(input.dataset.largest);
  form.querySelector("[data-too-large]").hidden = !too;
  return too;
}

// What `fetch` does, with a request that tells its progress.
function send(form, url, {method, headers, body, signal}) {
  const request = upload = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    showProgress(form, request.upload);
    request.onload = () => resolve(answer(request));
    request.onerror = () => reject(new TypeError("The server did not answer"));
    request.onabort = () => reject(new DOMException("The upload was given up", "AbortError"));
    signal?.addEventListener("abort", () => request.abort());
    request.send(body);
  }).finally(() => {
    form.querySelector("[data-uploading]").hidden = true;
    upload = null;
  });
}

function answer(request) {
  const lines = request.getAllResponseHeaders().trim().split(/[\r\n]+/);
  const headers = lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
  return new Response(request.responseText || null, {status: request.status, headers});
}

function showProgress(form, sent) {
  if (!(fileOf(form)?.size > SHOWN_FROM)) return;
  const bar = form.querySelector("progress");
  const stage = form.querySelector("[data-stage]");
  const enter = (words) => {
    stage.textContent = words;
    say(words);
  };
  enter("Uploading");
  bar.value = 0;
  form.querySelector("[data-uploading]").hidden = false;
  sent.onprogress = ({loaded, total}) => { bar.value = loaded / total; };
  sent.onload = () => {
    // How long the server takes is not known: the bar moves without a value.
    bar.removeAttribute("value");
    enter(`Uploaded. ${form.dataset.upload}`);
  };
}

document.addEventListener("htmx:config:request", (event) => {
  const {ctx} = event.detail;
  const form = ctx.sourceElement;
  if (!form.matches("[data-upload]")) return;
  if (isTooLarge(form)) return event.preventDefault();
  ctx.request.timeout = 0; // a slow line may take its time; closing the dialog ends it
  ctx.fetch = (url, request) => send(form, url, request);
});
dialog?.addEventListener("close", () => upload?.abort());

document.addEventListener("change", ({target}) => {
  if (target.matches("[data-upload] input[type=file]")) isTooLarge(target.form);
});

// A page of the plan came: its reader goes on at its first row.
document.addEventListener("htmx:after:settle", ({target}) => {
  const rows = target.matches("[data-plan-rows]") && target;
  if (!rows) return;
  rows.focus({preventScroll: true});
  rows.scrollIntoView({block: "start"});
  say(rows.dataset.planRows);
});

// Dropping. A file that misses the zone would otherwise replace the page.
const holdsFiles = (event) => event.dataTransfer?.types.includes("Files") && document.querySelector("[data-drop-zone]");

function mark(event, on) {
  for (const zone of document.querySelectorAll("[data-drop-zone]")) {
    zone.classList.toggle("dragging", Boolean(on && zone.contains(event.target)));
  }
}

document.addEventListener("dragover", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  mark(event, true);
  if (!event.target.closest?.("[data-drop-zone]")) event.dataTransfer.dropEffect = "none";
});
document.addEventListener("dragleave", (event) => mark(event, false));
document.addEventListener("drop", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  mark(event, false);
  const input = event.target.closest?.("[data-drop-zone]")?.querySelector("input");
  const file = event.dataTransfer.files[0];
  if (!input || !file) return;
  const one = new DataTransfer();
  one.items.add(file);
  input.files = one.files;
  input.dispatchEvent(new Event("change", {bubbles: true}));
  input.focus();
});
