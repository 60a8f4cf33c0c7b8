// Edits are sent one after another, each with the revision that the one before left behind. None is thrown away:
// without a network they wait and are tried again, without a session they wait for a sign-in.
import {renewToken, signIn, token} from "./session.js";

const base = document.getElementById("canvas-base").dataset.base;
const sender = document.getElementById("canvas-base");
const trouble = document.getElementById("canvas-trouble");
const PAUSES = [1000, 2000, 4000, 8000, 15000]; // milliseconds before an edit is tried again
const ends = new Map(); // what to call when htmx has done with a request
let last = Promise.resolve();
let calm = Promise.resolve(); // until this resolves no answer may change the drawing
let wake = null;

export const unsent = () => ends.size;
// Resolves when all that was done until now is kept, and its answer on the page.
export const sent = () => last;

// While a card is held the answers to earlier edits wait, so that it is not drawn anew under the pointer.
export function hold() {
  let release;
  calm = new Promise((resolve) => { release = resolve; });
  return release;
}

// Resolves when the answer is on the page. `fields` is a list of pairs: names may come several times.
export async function edit(verb, fields = []) {
  // Each from an element of its own: htmx would let requests of one element wait, and drop some.
  const source = sender.appendChild(document.createElement("span"));
  await htmx.ajax("POST", `${base}/${verb}`, {source, target: sender, swap: "none", fields});
  source.remove();
}

document.addEventListener("htmx:config:request", ({detail: {ctx}}) => {
  const {request} = ctx;
  if (!request.action.startsWith(base)) return;
  for (const [name, value] of ctx.fields ?? []) request.body.append(name, value);
  request.timeout = 0;
  request.headers["X-Canvas"] = "1";
  ctx.fetch = (url, how) => (request.method === "POST" ? inTurn(ctx, url, how) : ask(url, how));
});

// While it settles, htmx would write the style attribute of what was there before, which our policy forbids.
document.addEventListener("htmx:before:swap", ({detail: {tasks}}) => {
  for (const {swapSpec} of tasks) swapSpec.settle ??= 0;
});

async function inTurn(ctx, url, how) {
  const before = last;
  last = new Promise((resolve) => ends.set(ctx, resolve));
  show();
  await before;
  const answer = await deliver(url, how);
  await calm;
  return answer;
}

document.addEventListener("htmx:finally:request", ({detail: {ctx}}) => {
  ends.get(ctx)?.();
  ends.delete(ctx);
  show();
});

async function deliver(url, how) {
  let renewed = false;
  for (let tries = 0; ; tries += 1) {
    how.body.set("revision", document.getElementById("canvas-status").dataset.revision);
    how.body.set("csrf_token", token());
    const answer = await once(url, how);
    if (!answer) await pause(tries, how.signal);
    else if (answer.status === 401) await signIn();
    // The session ended, or another one began in another tab: with its token the edit is sent again.
    else if (answer.headers.get("X-Problem") === "form-token" && !renewed) renewed = await renew();
    else return connected(answer, tries);
  }
}

async function renew() {
  if (await renewToken().catch(() => 0) === 401) await signIn();
  return true;
}

// The whole answer, or null when it did not come: a line may also break within it.
async function once(url, how) {
  try {
    const answer = await fetch(url, how);
    if (answer.status >= 502) return null;
    return new Response(await answer.text(), {status: answer.status, headers: answer.headers});
  } catch (error) {
    if (how.signal.aborted) throw error;
    return null;
  }
}

async function ask(url, how) {
  const answer = await fetch(url, how);
  if (answer.status !== 401) return answer;
  await signIn();
  return ask(url, how);
}

function connected(answer, tries) {
  if (tries) say("Connected again");
  trouble.hidden = true;
  return answer;
}

function pause(tries, signal) {
  if (trouble.hidden) {
    trouble.hidden = false;
    say("Not saved: no connection. Trying again. What you do is kept on this page.");
  }
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PAUSES[Math.min(tries, PAUSES.length - 1)]);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener("abort", wake);
  });
}

addEventListener("online", () => wake?.());
trouble?.querySelector("button").addEventListener("click", () => wake?.());

function show() {
  const count = ends.size;
  document.getElementById("canvas-sending")?.toggleAttribute("data-busy", count > 0);
  const waiting = trouble?.querySelector("[data-count]");
  if (waiting) waiting.textContent = count > 1 ? `${count} changes wait.` : "One change waits.";
}

// The draft is kept on the server; what is not saved yet is still worth a question.
let within = false;
addEventListener("beforeunload", (event) => {
  const unsaved = "unsaved" in (document.getElementById("canvas-status")?.dataset ?? {});
  if (ends.size || (unsaved && !within)) event.preventDefault();
});
document.addEventListener("click", ({target}) => {
  within = Boolean(target.closest?.("a[data-within], form[data-within] button"));
});
