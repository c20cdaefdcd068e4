// The frame of every page: menus, keys everywhere, theme, navigation, copying.
import { drawAll } from "./charts.js";
import { help, register } from "./keys.js";
import { openPalette } from "./palette.js";
import { toast } from "./toast.js";
import "./live.js";
import "./table.js";

const root = document.documentElement;

function link(path) {
  const found = document.querySelector(`#side a[href="${path}"]`);
  return found ? { label: found.textContent.trim(), run: () => window.location.assign(path) } : null;
}

function foldNav() {
  root.dataset.nav = root.dataset.nav === "narrow" ? "wide" : "narrow";
  document.cookie = `nav=${root.dataset.nav}; path=${root.dataset.base}; max-age=31536000; samesite=lax`;
}

const CORNERS = {
  "g h": "/", "g d": "/datasets/", "g e": "/experiments/", "g t": "/tradeoff/",
  "g l": "/label/", "g j": "/jobs/",
};
for (const [key, path] of Object.entries(CORNERS)) {
  const entry = link(path);
  if (entry) register({ [key]: entry }, "everywhere");
}
register(
  {
    "?": { label: gettext("Keys of this page"), run: help },
    "/": { label: gettext("Search or go to"), run: openPalette },
    "[": { label: gettext("Wide or narrow navigation"), run: foldNav },
  },
  "everywhere",
);

async function copy(button) {
  const text = button.dataset.copy || window.location.href;
  try {
    await navigator.clipboard.writeText(text);
    toast(gettext("Copied."));
  } catch {
    toast(gettext("The browser did not allow copying. Copy it by hand: ") + text, "error");
  }
}

const DEEDS = { nav: foldNav, keys: help, palette: openPalette };
document.addEventListener("click", (event) => {
  const copied = event.target.closest("[data-copy]");
  if (copied) copy(copied);
  const deed = event.target.closest("[data-do]");
  if (deed && DEEDS[deed.dataset.do]) {
    event.preventDefault();
    deed.closest("details")?.removeAttribute("open");
    DEEDS[deed.dataset.do]();
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// the theme changes at once; the form behind it remembers
document.getElementById("theme-form")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const theme = event.submitter.value;
  for (const button of form.querySelectorAll("[name=theme]")) {
    button.setAttribute("aria-pressed", String(button === event.submitter));
  }
  document.dispatchEvent(new CustomEvent("theme-chosen", { detail: theme }));
  const data = new FormData(form);
  data.set("theme", theme);
  fetch(form.action, { method: "POST", body: data }).then((answer) => {
    if (!answer.ok) toast(gettext("The theme could not be remembered."), "error");
  }, () => toast(gettext("The theme could not be remembered."), "error"));
});

// what comes after the job has other scripts and styles: the whole page is loaded anew
document.addEventListener("job-done", () => {
  if (document.querySelector("[data-anew]")) window.location.reload();
});

drawAll();
