// Trying a flow: the question is sent without leaving the page, and the answer shown while it is made.
"use strict";

const asking = document.querySelector("[data-try]");
const part = (name) => asking.querySelector(`[data-${name}]`);
let running = null;

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

// What each event does to the message of the answer.
const show = {
  token(item, text) { item.querySelector("[data-text]").append(text); },
  nextAgentFlow(item, {nodeLabel, status}) {
    item.querySelector("[data-status]").textContent = status === "INPROGRESS" ? `${nodeLabel} is at work` : "";
  },
  error(item, sentence) {
    const alert = item.querySelector("[data-error]");
    alert.lastElementChild.textContent = sentence;
    alert.hidden = false;
    say(sentence);
  },
};

function refuse(sentence) {
  const problem = part("problem");
  problem.lastElementChild.textContent = sentence;
  problem.hidden = !sentence;
}

async function refusal(response) {
  if (response.headers.get("Content-Type")?.startsWith("text/plain")) return response.text();
  return response.redirected
    ? "You are signed out. Nothing was asked. Reload the page to sign in."
    : `The server refused this with status ${response.status}. Reload the page and try again.`;
}

async function askFlow(body, question, signal) {
  const response = await fetch(asking.action, {method: "POST", body, signal, headers: {Accept: "text/event-stream"}});
  if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) return refuse(await refusal(response));
  add("asked").querySelector("[data-text]").textContent = question;
  if (asking.elements.question) asking.elements.question.value = "";
  const item = add("answered");
  item.querySelector("[data-status]").textContent = "is thinking";
  asking.scrollIntoView({block: "nearest"});
  let ended = false;
  try {
    for await (const {event, data} of events(response)) {
      if (event === "token") item.querySelector("[data-status]").textContent = "";
      show[event]?.(item, data);
      ended ||= event === "end";
    }
    if (!ended) show.error(item, "The connection ended before the answer did.");
  } catch (error) {
    show.error(item, signal.aborted ? "Stopped." : "The connection ended before the answer did.");
  }
  item.querySelector("[data-status]").textContent = "";
  if (item.querySelector("[data-error]").hidden) say(item.querySelector("[data-text]").textContent);
  asking.scrollIntoView({block: "nearest"});
}

function atWork(on) {
  part("stop").hidden = !on;
  part("send").disabled = on;
  part("send").classList.toggle("htmx-request", on);
}

asking?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (running) return;
  running = new AbortController();
  refuse("");
  atWork(true);
  try {
    await askFlow(new URLSearchParams(new FormData(asking)), told(asking), running.signal);
  } catch {
    if (!running.signal.aborted) refuse("The server did not answer. Check the connection, then try again.");
  }
  running = null;
  atWork(false);
  (asking.elements.question ?? part("send")).focus();
});

asking?.addEventListener("click", ({target}) => {
  if (target.closest("[data-stop]")) running?.abort();
});

asking?.elements.question?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  asking.requestSubmit();
});
