// Ctrl+K: pages, datasets, experiments, users and items, as the server finds them.
import { inText } from "./keys.js";

const dialog = document.getElementById("palette");
const input = document.getElementById("palette-input");
const list = document.getElementById("palette-list");
const state = document.getElementById("palette-state");
let asked = null;
let timer = 0;
let at = -1;

export function openPalette() {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  input.value = "";
  input.focus();
  ask();
}

function mark(index) {
  const rows = [...list.children];
  at = rows.length ? (index + rows.length) % rows.length : -1;
  rows.forEach((row, i) => row.setAttribute("aria-selected", String(i === at)));
  if (at < 0) input.removeAttribute("aria-activedescendant");
  else {
    input.setAttribute("aria-activedescendant", rows[at].id);
    rows[at].scrollIntoView({ block: "nearest" });
  }
}

function option(row, index) {
  const element = document.createElement("li");
  element.id = `found-${index}`;
  element.setAttribute("role", "option");
  element.dataset.url = row.url;
  const name = document.createElement("span");
  name.textContent = row.name;
  const kind = document.createElement("small");
  kind.textContent = row.kind;
  element.append(name, kind);
  return element;
}

async function ask() {
  asked?.abort();
  asked = new AbortController();
  const url = `${document.body.dataset.search}?q=${encodeURIComponent(input.value.trim())}`;
  try {
    const answer = await fetch(url, { signal: asked.signal, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const { results } = await answer.json();
    list.replaceChildren(...results.map(option));
    state.textContent = results.length
      ? interpolate(ngettext("%s result", "%s results", results.length), [results.length])
      : gettext("Nothing found. Try a title, an id or a page's name.");
    mark(0);
  } catch (error) {
    if (error.name === "AbortError") return;
    state.textContent = gettext("The search did not answer. Type again to retry.");
  }
}

function go(row) {
  if (row) window.location.assign(row.dataset.url);
}

input?.addEventListener("input", (event) => {
  if (event.isComposing) return;
  clearTimeout(timer);
  timer = setTimeout(ask, 120);
});
input?.addEventListener("compositionend", ask);
input?.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "ArrowDown") mark(at + 1);
  else if (event.key === "ArrowUp") mark(at - 1);
  else if (event.key === "Enter") go(list.children[at]);
  else return;
  event.preventDefault();
});
list?.addEventListener("click", (event) => go(event.target.closest("li")));
dialog?.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "k") return;
  if (event.isComposing || (inText(event.target) && event.target.closest("dialog"))) return;
  event.preventDefault();
  openPalette();
});
