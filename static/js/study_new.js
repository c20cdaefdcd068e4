// The whole budget and its time beside the field: trials times models, as the boxes are ticked.
const form = document.getElementById("study-form");

function long(seconds) {
  return seconds < 90
    ? interpolate(gettext("%s s"), [Math.round(seconds)])
    : interpolate(gettext("%s min"), [Math.round(seconds / 60)]);
}

function show() {
  const ticked = [...form.querySelectorAll("input[name=models]:checked")];
  const models = ticked.length;
  const trials = Number(form.elements.trials.value) || 0;
  const words = form.querySelector("[data-budget]");
  const facts = { models, trials, all: models * trials };
  words.textContent = interpolate(gettext("%(trials)s × %(models)s models = %(all)s trials."), facts, true);
  words.hidden = !(models && trials);
  const each = ticked.reduce((sum, box) => sum + Number(box.dataset.seconds || 0), 0);
  const estimate = gettext("With what is chosen here: about %(time)s, an estimate.");
  form.querySelector("[data-estimate]").textContent =
    each * trials ? ` ${interpolate(estimate, { time: long(each * trials) }, true)}` : "";
}

if (form) {
  form.addEventListener("input", show);
  show();
}
