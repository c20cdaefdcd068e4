// Parts that renew themselves: they can be paused, never replace what somebody is using, and say
// so when the server does not answer.
import { toast } from "./toast.js";

const STIR = "jobs-changed";
const CHAIN = 5000; // ms
const POLLS = "[hx-trigger*='every']";
const button = document.getElementById("live-switch");
let paused = false;
let failing = false;

function show() {
  if (!button) return;
  button.hidden = !paused && document.querySelector(POLLS) === null;
  button.setAttribute("aria-pressed", String(paused));
  const words = paused ? gettext("Resume updates") : gettext("Pause updates");
  button.title = words;
  button.setAttribute("aria-label", words);
  button.querySelector(".word").textContent = words;
}

button?.addEventListener("click", () => {
  paused = !paused;
  show();
});

function polled(event) {
  const cause = event.detail.requestConfig?.triggeringEvent;
  if (cause) return cause.type === STIR; // nobody pressed that either
  return (event.detail.elt?.getAttribute?.("hx-trigger") ?? "").includes("every");
}

// What rests because nothing runs looks once more a moment after the last job ended (the next of a
// chain may be on its way), and when somebody comes back to the page.
function stir() {
  if (!paused && !document.hidden) window.htmx.trigger(document.body, STIR);
}

function running() {
  return document.querySelector("#jobs-pill:not(.quiet)") !== null;
}

let ran = running();
document.addEventListener("htmx:afterSettle", () => {
  if (ran && !running()) setTimeout(stir, CHAIN);
  ran = running();
});
document.addEventListener("visibilitychange", stir);

// a poll must not take a field, an open <details> or a dialog away from under the user's hands
function inUse(target) {
  if (!target) return false;
  const active = document.activeElement;
  const typing = active && active !== document.body && target.contains(active) && active.matches("input:not([type=checkbox]), textarea, select");
  return typing || target.querySelector("details[open], dialog[open]") !== null;
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (polled(event) && (paused || document.hidden)) event.preventDefault();
});
let focused = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (polled(event) && inUse(event.detail.target)) event.detail.shouldSwap = false;
  const active = document.activeElement;
  focused = active?.id && event.detail.target?.contains(active) ? active.id : null;
});
// the same for what comes along with a poll, unless the open question itself is over
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  if (target?.querySelector("details[open]") && fragment?.querySelector("details")) event.detail.shouldSwap = false;
});
document.addEventListener("htmx:afterSettle", () => {
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
  focused = null;
  show();
});

function failed(event) {
  if (polled(event)) {
    if (!failing) toast(gettext("The page stopped renewing itself: the server does not answer. It keeps trying."), "error");
    failing = true;
    return;
  }
  const xhr = event.detail.xhr;
  const id = xhr?.getResponseHeader?.("X-Request-ID");
  const words = xhr?.status === 403
    ? gettext("You may not do this.")
    : xhr?.status === 429
      ? gettext("Too many at once. Wait a moment and try again.")
      : gettext("That did not work; nothing was changed. Try again.");
  const said = id ? `${words} (${id})` : words;
  const part = event.detail.elt;
  if (part?.getAttribute?.("hx-trigger") === "load") lacking(part, said);
  else toast(said, "error");
}

// a part that comes after its page: its place says what is wrong, and how to ask for it again
function lacking(part, said) {
  const note = document.createElement("p");
  const again = document.createElement("button");
  note.className = "warn";
  note.setAttribute("role", "alert");
  note.textContent = said;
  again.type = "button";
  again.className = "btn btn-sm btn-outline-secondary";
  again.textContent = gettext("Retry");
  again.addEventListener("click", () => {
    again.disabled = true;
    window.htmx.ajax("GET", part.getAttribute("hx-get"), { source: part, target: part, swap: "innerHTML" });
  });
  part.replaceChildren(note, again);
}

// a field that was changed before htmx listened, or that Back brought: its part follows all the
// same; the field where somebody is typing tells of its change when it is left
document.addEventListener("DOMContentLoaded", () => {
  for (const part of document.querySelectorAll("[hx-trigger*='change from:#']")) {
    const field = document.querySelector(part.getAttribute("hx-trigger").split("from:")[1]);
    if (!field || field === document.activeElement) continue;
    if (field.value !== field.defaultValue) field.dispatchEvent(new Event("change", { bubbles: true }));
  }
});
document.addEventListener("htmx:timeout", failed);
document.addEventListener("htmx:responseError", failed);
document.addEventListener("htmx:sendError", failed);
document.addEventListener("htmx:afterOnLoad", () => { failing = false; });
show();
