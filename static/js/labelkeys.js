// Keys and buttons of the labelling page; what they do is label.js's.
import { register } from "./keys.js";

function guide() {
  const dialog = document.getElementById("guideline");
  if (dialog.open) dialog.close();
  else dialog.showModal();
}

function unlessGuide(run) {
  return (event) => (document.getElementById("guideline").open ? false : run(event));
}

export function listen({ form, sheet, lately, direct }, deeds) {
  const table = {
    Enter: { label: gettext("Submit"), run: unlessGuide(deeds.enter) },
    " ": { label: gettext("Skip"), run: unlessGuide(deeds.skip) },
    Backspace: { label: gettext("Undo"), run: unlessGuide(deeds.undo) },
    z: { label: gettext("Undo"), run: unlessGuide(deeds.undo) },
    f: { label: gettext("Flag"), run: unlessGuide(() => sheet.flag()) },
    n: { label: gettext("Note"), run: unlessGuide(() => sheet.write()) },
    h: { label: gettext("Guideline"), run: guide },
    ArrowLeft: { label: gettext("Earlier answer"), run: unlessGuide(() => deeds.walk(1)) },
    ArrowRight: { label: gettext("Later answer"), run: unlessGuide(() => deeds.walk(-1)) },
  };
  for (const button of sheet.buttons) {
    const words = button.querySelector(".name").textContent;
    table[button.value] = { label: words, run: unlessGuide(() => deeds.digit(Number(button.value))) };
  }
  register(table);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { name, value } = event.submitter ?? {};
    if (name === "value") deeds.submit(Number(value));
    else if (value === "undo") deeds.undo();
    else if (value === "skip") deeds.skip();
  });
  lately.list.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    deeds.look(link);
  });
  document.getElementById("back").addEventListener("click", (event) => {
    event.preventDefault();
    deeds.next();
  });
  sheet.flagButton.addEventListener("click", () => sheet.flag());
  document.getElementById("guide").addEventListener("click", guide);
  form.elements.note.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    deeds.heading();
  });
  direct.addEventListener("change", () => localStorage.setItem("label-direct", direct.checked ? "" : "off"));
}
