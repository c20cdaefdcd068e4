// Only the chosen model's settings and estimate are shown, and only its settings are sent.
const form = document.getElementById("run-form");

function show() {
  const model = form.querySelector("input[name=model]:checked")?.value;
  for (const block of form.querySelectorAll("[data-model]")) {
    block.hidden = block.dataset.model !== model;
    block.disabled = block.hidden;
  }
  for (const words of form.querySelectorAll("[data-estimate]")) words.hidden = words.dataset.estimate !== model;
}

if (form) {
  form.addEventListener("change", (event) => {
    if (event.target.name === "model") show();
  });
  show();
}
