// Keys of a run: tabs by digit, b pins it as the baseline, d repeats it. The dot asks whether to
// cancel and comes with the job's block.
import { register } from "./keys.js";

const table = {};
[...document.querySelectorAll("#tabs a")].forEach((tab, place) => {
  table[String(place + 1)] = { label: tab.textContent.trim(), run: () => tab.click() };
});

function press(id) {
  const found = document.getElementById(id);
  found?.click();
  return Boolean(found);
}

table.b = { label: gettext("Pin as the baseline"), run: () => press("set-baseline") };
table.d = { label: gettext("Duplicate"), run: () => press("duplicate") };
register(table);
