// The runs table: ticks survive the rows that renew themselves; keys n f c. j k x Enter: table.js.
import { register } from "./keys.js";

const form = document.getElementById("runs-form");
const shown = document.getElementById("ticked");
const ticked = new Set();

function count() {
  if (shown) shown.textContent = ticked.size ? `(${ticked.size})` : "";
}

function boxes() {
  return form ? [...form.querySelectorAll("input[name=ids]")] : [];
}

for (const box of boxes()) if (box.checked) ticked.add(box.value); // Back brings ticks along
count();

form?.addEventListener("change", (event) => {
  if (event.target.name !== "ids") return;
  if (event.target.checked) ticked.add(event.target.value);
  else ticked.delete(event.target.value);
  count();
});

document.addEventListener("htmx:afterSwap", () => {
  for (const box of boxes()) box.checked = ticked.has(box.value);
});

function press(id) {
  const found = document.getElementById(id);
  found?.click();
  return Boolean(found);
}

const table = { n: { label: gettext("New experiment"), run: () => press("new-run") } };
if (document.getElementById("filter")) {
  table.f = { label: gettext("Filter"), run: () => document.getElementById("filter").focus() };
}
if (document.getElementById("compare")) {
  table.c = { label: gettext("Compare the ticked runs"), run: () => press("compare") };
}
register(table);
