// The form beside a sample: four answers, a flag, a note. Without script it posts itself.
export class AnswerForm {
  constructor(form) {
    this.form = form;
    this.chosen = null; // a digit that waits for Enter
    this.remark = document.getElementById("remark");
    this.flagButton = document.getElementById("flag");
    form.elements.flagged.addEventListener("change", () => this.showFlag());
  }

  get buttons() {
    return [...this.form.querySelectorAll("[name=value]")];
  }

  get remarks() {
    const { note, flagged } = this.form.elements;
    return { note: note.value, flagged: flagged.checked };
  }

  fill({ sample, lease, value, note, flagged }) {
    this.hidden("sample", sample);
    this.hidden("lease", lease);
    this.form.elements.note.value = note;
    this.form.elements.flagged.checked = flagged === "1";
    this.remark.open = note !== "" || flagged === "1";
    this.press(value === "" ? null : Number(value));
    this.showFlag();
  }

  hidden(name, value) {
    let input = this.form.querySelector(`input[name=${name}]`);
    if (!input) {
      input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      this.form.append(input);
    }
    input.value = value;
  }

  press(value) {
    this.chosen = value;
    for (const button of this.buttons) {
      if (Number(button.value) === value) button.setAttribute("aria-pressed", "true");
      else button.removeAttribute("aria-pressed");
    }
  }

  flag() {
    const { flagged } = this.form.elements;
    flagged.checked = !flagged.checked;
    this.remark.open ||= flagged.checked;
    this.showFlag();
  }

  showFlag() {
    this.flagButton.setAttribute("aria-pressed", String(this.form.elements.flagged.checked));
  }

  write() {
    this.remark.open = true;
    this.form.elements.note.focus();
  }
}
