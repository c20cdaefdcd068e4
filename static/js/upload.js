// The upload with its real progress. Without this script the form sends itself, plainly.
const form = document.getElementById("upload-form");
const box = document.getElementById("upload-progress");
const bar = document.getElementById("upload-bar");
const now = document.getElementById("upload-now");
const said = document.getElementById("upload-said");
const send = document.getElementById("upload-send");
const stop = document.getElementById("upload-stop");
let running = null;

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}

function show(event) {
  if (!event.lengthComputable) {
    bar.removeAttribute("value");
    return;
  }
  bar.value = event.loaded / event.total;
  const words = gettext("%(done)s of %(all)s MB");
  now.textContent = interpolate(words, { done: megabytes(event.loaded), all: megabytes(event.total) }, true);
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

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (running) return;
  running = new XMLHttpRequest();
  const request = running;
  request.open("POST", form.action || window.location.href);
  request.setRequestHeader("X-Upload", "1");
  request.upload.addEventListener("progress", show);
  request.addEventListener("load", () => ended(request));
  request.addEventListener("error", () => fail(gettext("The connection broke. Nothing was stored; try again.")));
  request.addEventListener("abort", () => fail(gettext("Cancelled. Nothing was stored.")));
  bar.value = 0;
  box.hidden = false;
  send.disabled = true;
  said.replaceChildren();
  request.send(new FormData(form));
});

stop.addEventListener("click", () => running?.abort());
