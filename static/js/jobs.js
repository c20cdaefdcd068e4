// Keys of the table of jobs: j and k walk, Enter opens, . asks whether to cancel.
import { register } from "./keys.js";

let at = "";

function rows() {
  return [...document.querySelectorAll("#jobs tbody tr")];
}

function mark(row) {
  at = row.dataset.href;
  for (const other of rows()) other.classList.toggle("at", other === row);
  row.querySelector("a").focus();
}

function walk(step) {
  const all = rows();
  if (!all.length) return false;
  const here = all.findIndex((row) => row.dataset.href === at);
  mark(all[Math.max(0, Math.min(all.length - 1, here < 0 ? 0 : here + step))]);
  return true;
}

function ask() {
  const details = rows().find((row) => row.dataset.href === at)?.querySelector("details.ask");
  if (!details) return false;
  details.open = true;
  details.querySelector("button").focus();
  return true;
}

register({
  j: { label: gettext("Next job"), run: () => walk(1) },
  k: { label: gettext("Previous job"), run: () => walk(-1) },
  ".": { label: gettext("Cancel the job (asks first)"), run: ask },
});
// the table renews itself: keep the mark
document.addEventListener("htmx:afterSettle", () => {
  for (const row of rows()) row.classList.toggle("at", row.dataset.href === at);
});
