// Runs before the first paint, so that a dark room stays dark. Not a module: modules come too late.
// words stay English when the catalogue of translations does not arrive
window.gettext ??= (text) => text;
window.ngettext ??= (one, many, n) => (n === 1 ? one : many);
window.interpolate ??= (text, values) => text.replace(/%s/g, () => String(values.shift()));

(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function apply() {
    const wanted = root.dataset.theme || "auto";
    const theme = wanted === "auto" ? (dark.matches ? "dark" : "light") : wanted;
    if (root.dataset.bsTheme === theme) return;
    root.dataset.bsTheme = theme;
    root.classList.toggle("dark-mode", theme === "dark"); // by this name Swagger knows it
    document.dispatchEvent(new CustomEvent("theme-change", { detail: theme }));
  }

  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("theme-chosen", (event) => {
    root.dataset.theme = event.detail;
    apply();
  });
})();
