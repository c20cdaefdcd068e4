// Single keys. They work anywhere but in a text field, never while an input method is composing
// (a Chinese IME sends digits to choose characters), and follow the account's switch and map.
const keys = new Map(); // key -> {label, run, group}
const body = document.body;
const mapBlock = document.getElementById("key-map");
const remap = mapBlock ? JSON.parse(mapBlock.textContent) : {}; // usual key -> chosen key
const RESERVED = new Set(["Tab", "Enter", " ", "ArrowUp", "ArrowDown"]);
const PAIR_MS = 2000; // between g and h, by the keys' own clock: a busy page reads both late
let first = { key: "", at: 0 }; // the g of "g h"

export const on = body.dataset.keys !== "off";

// register({"n": {label: gettext("New"), run: () => ...}}); two keys in a row: "g h"
export function register(table, group = "page") {
  for (const [key, entry] of Object.entries(table)) {
    keys.set(remap[key] ?? key, { ...entry, group, usual: key });
  }
}

export function forget(table) {
  for (const key of Object.keys(table)) keys.delete(remap[key] ?? key);
}

export function listed() {
  return [...keys].map(([key, entry]) => ({ key, ...entry }));
}

export function inText(target) {
  // the field of a dialog that just closed keeps the focus until the next frame
  if (!(target instanceof HTMLElement) || !target.checkVisibility()) return false;
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  const plain = "checkbox radio button submit reset range file color image";
  return target.matches("input") && !plain.split(" ").includes(target.type);
}

function onControl(event) {
  // a button or link in focus keeps its own Enter, Space and arrows
  return RESERVED.has(event.key) && event.target.closest?.("a, button, summary, input, [role=tab]");
}

function find(event) {
  const { key, timeStamp: at } = event;
  const pair = first.key && at - first.at < PAIR_MS ? keys.get(`${first.key} ${key}`) : null;
  const begins = !pair && [...keys.keys()].some((name) => name.startsWith(`${key} `));
  first = begins ? { key, at } : { key: "", at: 0 };
  return pair ?? keys.get(key);
}

function pressed(event) {
  if (!on || event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (inText(event.target) || onControl(event)) return;
  const openDialog = document.querySelector("dialog[open]");
  if (openDialog && !openDialog.hasAttribute("data-keys-work")) return;
  const entry = find(event);
  if (!entry) return;
  if (entry.run(event) === false) return;
  event.preventDefault();
}
document.addEventListener("keydown", pressed);

const NAMES = { " ": gettext("Space"), ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };

function shown(key) {
  if (key === " ") return [NAMES[" "]];
  return key.split(" ").map((part) => NAMES[part] ?? part);
}

function line(list, names, label) {
  const term = document.createElement("dt");
  for (const name of names) {
    const box = document.createElement("kbd");
    box.textContent = name;
    term.append(box, " ");
  }
  const text = document.createElement("dd");
  text.textContent = label;
  list.append(term, text);
}

function section(root, title, entries) {
  if (!entries.length) return;
  const head = document.createElement("h3");
  head.textContent = title;
  const list = document.createElement("dl");
  list.className = "key-list";
  for (const [names, label] of entries) line(list, names, label);
  root.append(head, list);
}

export function help() {
  const root = document.getElementById("keys-list");
  const dialog = document.getElementById("keys-dialog");
  if (!root || dialog.open) return;
  root.replaceChildren();
  if (!on) {
    const note = document.createElement("p");
    note.textContent = gettext("Keys are switched off in your account.");
    root.append(note);
  }
  const rows = (group) => listed().filter((row) => row.group === group).map((row) => [shown(row.key), row.label]);
  section(root, gettext("On this page"), rows("page"));
  const always = [[["Ctrl", "K"], gettext("Search or go to")], [["Esc"], gettext("Close")]];
  section(root, gettext("Everywhere"), [...rows("everywhere"), ...always]);
  dialog.showModal();
}
