// Trying a flow: the question is sent without leaving the page, and the answer shown while it is made.
// Wherever the panel stands, also when it came later. It says what happens by events that bubble:
// "forjinn:try" {running} at the beginning and the end, "forjinn:node" {nodeId, status} for each node.
// Who has something to do before the flow is asked gives "forjinn:ask" a promise: detail.wait(promise).
"use strict";

let running = null;

const part = (form, name) => form.querySelector(`[data-${name}]`);
const announce = (form, name, detail) => form.dispatchEvent(new CustomEvent(name, {bubbles: true, detail}));

function add(kind) {
  const item = document.getElementById(`try-${kind}`).content.firstElementChild.cloneNode(true);
  document.getElementById("try-log").append(item);
  return item;
}

function told(form) {
  const question = form.elements.question;
  if (question) return question.value.trim();
  const value = (field) => (field.type === "checkbox" ? field.checked : field.value);
  return [...form.querySelectorAll("[data-label]")].map((field) => `${field.dataset.label}: ${value(field)}`).join("\n");
}

async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const {done, value} = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) if (block.startsWith("data: ")) yield JSON.parse(block.slice(6));
  }
}

// The message of an answer, and what each event does to it.
class Answer {
  constructor(form) {
    this.form = form;
    this.item = add("answered");
    this.status("is thinking");
  }

  status(words) { part(this.item, "status").textContent = words; }

  token(text) {
    this.status("");
    part(this.item, "text").append(text);
  }

  nextAgentFlow({nodeId, nodeLabel, status}) {
    this.status(status === "INPROGRESS" ? `${nodeLabel} is at work` : "");
    // An Iteration fails after the node inside it that did.
    if (status === "ERROR") this.failed ??= nodeId;
    announce(this.form, "forjinn:node", {nodeId, status});
  }

  error(sentence) {
    part(this.item, "sentence").textContent = sentence;
    part(this.item, "error").hidden = false;
    if (this.failed) this.lead(part(this.item, "node"));
    say(sentence);
  }

  lead(link) {
    link.href += `?node=${encodeURIComponent(this.failed)}`;
    link.dataset.node = this.failed;
    link.hidden = false;
  }

  end() {
    this.status("");
    if (part(this.item, "error").hidden) say(part(this.item, "text").textContent);
  }
}

function refuse(form, sentence) {
  const problem = part(form, "problem");
  problem.lastElementChild.textContent = sentence;
  problem.hidden = !sentence;
}

async function refusal(response) {
  if (response.headers.get("Content-Type")?.startsWith("text/plain")) return response.text();
  return response.redirected
    ? "You are signed out. Nothing was asked. Reload the page to sign in."
    : `The server refused this with status ${response.status}. Reload the page and try again.`;
}

async function askFlow(form, question, signal) {
  const body = new URLSearchParams(new FormData(form));
  const response = await fetch(form.action, {method: "POST", body, signal, headers: {Accept: "text/event-stream"}});
  if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) return refuse(form, await refusal(response));
  add("asked").querySelector("[data-text]").textContent = question;
  if (form.elements.question) form.elements.question.value = "";
  const answer = new Answer(form);
  form.scrollIntoView({block: "nearest"});
  await follow(response, answer, signal);
  answer.end();
  form.scrollIntoView({block: "nearest"});
}

async function follow(response, answer, signal) {
  const shown = new Set(["token", "nextAgentFlow", "error"]);
  try {
    for await (const {event, data} of events(response)) {
      if (event === "end") return;
      if (shown.has(event)) answer[event](data);
    }
    answer.error("The connection ended before the answer did.");
  } catch {
    if (answer.item.isConnected) answer.error(signal.aborted ? "Stopped." : "The connection ended before the answer did.");
  }
}

function atWork(form, on) {
  part(form, "stop").hidden = !on;
  part(form, "send").disabled = on;
  part(form, "send").classList.toggle("htmx-request", on);
  announce(form, "forjinn:try", {running: on});
}

async function tryFlow(form) {
  const mine = running = {form, aborting: new AbortController()};
  const {signal} = mine.aborting;
  refuse(form, "");
  atWork(form, true);
  try {
    const waits = [];
    announce(form, "forjinn:ask", {wait: (promise) => waits.push(promise)});
    await Promise.all(waits);
    await askFlow(form, told(form), signal);
  } catch {
    if (!signal.aborted) refuse(form, "The server did not answer. Check the connection, then try again.");
  }
  if (running === mine) running = null;
  if (!form.isConnected) return;
  atWork(form, false);
  (form.elements.question ?? part(form, "send")).focus();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-try]")) return;
  event.preventDefault();
  if (running?.form === form) return;
  tryFlow(form);
});

document.addEventListener("click", ({target}) => {
  if (target.closest("[data-try] [data-stop]")) running?.aborting.abort();
});

document.addEventListener("keydown", (event) => {
  const question = event.target;
  if (!question.matches?.("[data-try] textarea")) return;
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  question.form.requestSubmit();
});

// A new session began, or the panel was closed: nobody waits for the old answer.
for (const left of ["htmx:after:swap", "forjinn:left"]) {
  document.addEventListener(left, () => {
    if (running && !running.form.isConnected) running.aborting.abort();
  });
}
