// A session that ended while somebody was editing: the page waits for a sign-in in another tab, and goes on.
const dialog = document.getElementById("canvas-session");
const base = document.getElementById("canvas-base").dataset.base;
let waiting = null;

// The token of a form is bound to the session: all forms of this page take the new one.
export async function renewToken() {
  const answer = await fetch(`${base}/token`, {headers: {Accept: "application/json", "X-Canvas": "1"}});
  if (!answer.ok) return answer.status;
  const {csrf_token: fresh} = await answer.json();
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = fresh;
  return answer.status;
}

export const token = () => document.querySelector("#canvas-base input[name=csrf_token]").value;

// Resolves once somebody is signed in again.
export function signIn() {
  waiting ??= new Promise((resolve) => {
    dialog.querySelector("[data-still]").hidden = true;
    dialog.showModal();
    dialog.onclose = () => {
      waiting = null;
      resolve();
    };
  });
  return waiting;
}

async function goOn() {
  const status = await renewToken().catch(() => 0);
  if (status === 200) return dialog.close();
  const said = dialog.querySelector("[data-still]");
  said.textContent = status === 401 ? "You are not signed in yet." : "The server did not answer. Check the connection, then try again.";
  said.hidden = false;
}

// Nothing behind it could be sent: Escape does not close it.
dialog?.addEventListener("cancel", (event) => event.preventDefault());
dialog?.addEventListener("keydown", (event) => {
  if (event.key === "Escape") event.preventDefault();
  event.stopPropagation();
});
dialog?.querySelector("[data-continue]").addEventListener("click", goOn);
