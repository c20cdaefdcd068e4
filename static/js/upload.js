// The upload with its real progress. Without this script the form sends itself, plainly.
import { send as sendParts, wanted } from "./parts.js";

const form = document.getElementById("upload-form");
const box = document.getElementById("upload-progress");
const bar = document.getElementById("upload-bar");
const now = document.getElementById("upload-now");
const said = document.getElementById("upload-said");
const send = document.getElementById("upload-send");
const stop = document.getElementById("upload-stop");
let running = null;
const sent = new Map(); // files that are there already, should the form be refused

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}

function show(event) {
  if (event.lengthComputable) tell(event.loaded, event.total);
  else bar.removeAttribute("value");
}

function tell(done, all) {
  bar.value = done / all;
  const words = gettext("%(done)s of %(all)s MB");
  now.textContent = interpolate(words, { done: megabytes(done), all: megabytes(all) }, true);
}

function end() {
  running = null;
  box.hidden = true;
  send.disabled = false;
}

function fail(words) {
  end();
  const note = document.createElement("div");
  note.className = "note error";
  const text = document.createElement("p");
  text.textContent = words;
  note.append(text);
  said.replaceChildren(note);
}

// a refused upload answers with the page: its messages take the place of ours, the chosen files stay
function refused(text) {
  end();
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = page.getElementById("upload-form");
  if (!fresh) return fail(gettext("The server refused the upload. Nothing was stored."));
  said.replaceChildren(...page.getElementById("upload-said").children);
  for (const old of form.querySelectorAll(".error.bad")) old.remove();
  for (const error of fresh.querySelectorAll(".error.bad")) {
    const field = fresh.querySelector(`[aria-describedby~="${error.id}"]`);
    const mine = field && form.querySelector(`[name="${field.name}"]`);
    if (!mine) continue;
    mine.setAttribute("aria-invalid", "true");
    mine.setAttribute("aria-describedby", error.id);
    mine.after(error);
  }
  const again = fresh.querySelector("[name=again]");
  if (again && !form.querySelector("[name=again]")) send.before(again.closest(".form-check"));
  said.scrollIntoView({ block: "nearest" });
  return undefined;
}

function ended(request) {
  const next = request.getResponseHeader("X-Next");
  if (next) {
    window.location.assign(next);
  } else if (request.status === 413) {
    fail(gettext("The file is too large. Nothing was stored."));
  } else if (request.status >= 500) {
    fail(gettext("The server could not take the upload. Nothing was stored; try again."));
  } else {
    refused(request.responseText);
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (running) return;
  bar.value = 0;
  box.hidden = false;
  send.disabled = true;
  said.replaceChildren();
  const data = new FormData(form);
  const from = Number(form.dataset.partsFrom);
  const large = [...form.querySelectorAll("input[type=file]")].filter((input) => wanted(input.files[0], from));
  if (large.length && !(await inParts(large, data))) return;
  whole(data);
});

// the numbers of files that went in parts take their places in the form
async function inParts(inputs, data) {
  const control = new AbortController();
  running = control;
  const all = inputs.reduce((sum, input) => sum + input.files[0].size, 0);
  let before = 0;
  try {
    for (const input of inputs) {
      const [file] = input.files;
      const start = before;
      const told = (bytes) => tell(start + bytes, all);
      const id = sent.get(file) ?? (await sendParts(file, data.get("csrfmiddlewaretoken"), control.signal, told));
      sent.set(file, id);
      data.delete(input.name);
      data.set(`${input.name}_upload`, id);
      before += file.size;
    }
    return true;
  } catch (error) {
    fail(control.signal.aborted ? gettext("Cancelled. Nothing was stored.") : error.message);
    return false;
  }
}

function whole(data) {
  running = new XMLHttpRequest();
  const request = running;
  request.open("POST", form.action || window.location.href);
  request.setRequestHeader("X-Upload", "1");
  request.upload.addEventListener("progress", show);
  request.addEventListener("load", () => ended(request));
  request.addEventListener("error", () => fail(gettext("The connection broke. Nothing was stored; try again.")));
  request.addEventListener("abort", () => fail(gettext("Cancelled. Nothing was stored.")));
  request.send(data);
}

stop.addEventListener("click", () => running?.abort());
