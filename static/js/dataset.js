// Keys of the data pages: tabs by digit, the filter, a new dataset, next and previous, why.
import { register } from "./keys.js";

function follow(id) {
  const link = document.getElementById(id);
  if (link) link.click();
  return Boolean(link);
}

const table = {};
const tabs = [...document.querySelectorAll("#tabs a")];
tabs.forEach((tab, place) => {
  table[String(place + 1)] = { label: tab.textContent.trim(), run: () => tab.click() };
});
if (document.getElementById("filter")) {
  table.f = { label: gettext("Filter"), run: () => document.getElementById("filter").focus() };
}
if (document.getElementById("new-dataset")) {
  table.n = { label: gettext("New dataset"), run: () => follow("new-dataset") };
} else if (document.getElementById("next") || document.getElementById("previous")) {
  table.n = { label: pgettext("one", "Next"), run: () => follow("next") };
  table.p = { label: pgettext("one", "Previous"), run: () => follow("previous") };
}
// the lists come a moment after the page: they are looked for when the key is pressed
function reasons() {
  const all = [...document.querySelectorAll("#user-lists ol details")];
  const open = all.some((one) => one.open);
  for (const one of all) one.open = !open;
}
if (document.getElementById("user-lists")) {
  table.w = { label: gettext("Why these items"), run: reasons };
}
register(table);
