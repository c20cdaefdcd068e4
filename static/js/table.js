// Rows of <table data-rows>: j and k move, x ticks the row's box, Enter opens its first link.
import { register } from "./keys.js";

const table = document.querySelector("table[data-rows]");
let at = -1;

function rows() {
  return [...table.tBodies[0].rows].filter((row) => row.querySelector("a, input[type=checkbox]"));
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  at = Math.min(all.length - 1, Math.max(0, at + step));
  for (const row of all) row.classList.toggle("at", row === all[at]);
  const link = all[at].querySelector("a");
  (link ?? all[at].querySelector("input"))?.focus({ preventScroll: true });
  all[at].scrollIntoView({ block: "nearest" });
}

function current() {
  const all = rows();
  const focused = all.findIndex((row) => row.contains(document.activeElement));
  return all[focused >= 0 ? focused : at];
}

function tick() {
  const box = current()?.querySelector("input[type=checkbox]");
  if (!box) return;
  box.checked = !box.checked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

if (table?.tBodies.length) {
  const table_keys = {
    j: { label: gettext("Next row"), run: () => move(1) },
    k: { label: gettext("Previous row"), run: () => move(-1) },
    Enter: { label: gettext("Open the row"), run: () => current()?.querySelector("a")?.click() },
  };
  if (table.querySelector("input[type=checkbox]")) {
    table_keys.x = { label: gettext("Tick the row"), run: tick };
  }
  register(table_keys);
}
