// Short words in the corner: status politely, failures at once.
export function toast(words, kind = "info") {
  const root = document.getElementById("toasts");
  if (!root) return;
  const line = document.createElement("div");
  line.className = `toast-line ${kind}`;
  line.setAttribute("role", kind === "error" ? "alert" : "status");
  const text = document.createElement("p");
  text.textContent = words;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "icon-button";
  close.textContent = "×";
  close.setAttribute("aria-label", gettext("Close"));
  close.addEventListener("click", () => line.remove());
  line.append(text, close);
  root.append(line);
  if (kind !== "error") setTimeout(() => line.remove(), 6000);
}
