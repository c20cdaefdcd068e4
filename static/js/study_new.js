// The whole budget beside the field: trials times models, as the boxes are ticked.
const form = document.getElementById("study-form");

function show() {
  const models = form.querySelectorAll("input[name=models]:checked").length;
  const trials = Number(form.elements.trials.value) || 0;
  const words = form.querySelector("[data-budget]");
  const facts = { models, trials, all: models * trials };
  words.textContent = interpolate(gettext("%(trials)s × %(models)s models = %(all)s trials."), facts, true);
  words.hidden = !(models && trials);
}

if (form) {
  form.addEventListener("input", show);
  show();
}
