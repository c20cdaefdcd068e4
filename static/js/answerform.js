// The form beside a sample: four answers, a flag, a note. Without script it posts itself. Flag and
// note that were not sent stay with their sample, in this tab, also over a look at another page.
export class AnswerForm {
  constructor(form, store) {
    this.form = form;
    this.store = `${store}-drafts`;
    this.stood = null; // sample, note and flag as they were filled in
    this.chosen = null; // a digit that waits for Enter
    this.remark = document.getElementById("remark");
    this.flagButton = document.getElementById("flag");
    form.elements.flagged.addEventListener("change", () => this.showFlag());
    window.addEventListener("pagehide", () => this.keep());
  }

  get buttons() {
    return [...this.form.querySelectorAll("[name=value]")];
  }

  get remarks() {
    const { note, flagged } = this.form.elements;
    return { note: note.value, flagged: flagged.checked };
  }

  fill({ sample, lease, value, note, flagged }) {
    this.keep();
    this.hidden("sample", sample);
    this.hidden("lease", lease);
    this.stood = { sample, note, flagged: flagged === "1" };
    const shown = this.drafts[sample] ?? this.stood;
    this.form.elements.note.value = shown.note;
    this.form.elements.flagged.checked = shown.flagged;
    this.remark.open = shown.note !== "" || shown.flagged;
    this.press(value === "" ? null : Number(value));
    this.showFlag();
  }

  get drafts() {
    try {
      return JSON.parse(sessionStorage.getItem(this.store)) ?? {};
    } catch {
      return {};
    }
  }

  // flag or note differ from what was there
  get changed() {
    const { note, flagged } = this.remarks;
    return this.stood !== null && (note !== this.stood.note || flagged !== this.stood.flagged);
  }

  keep() {
    if (this.stood) this.draft(this.stood.sample, this.changed ? this.remarks : null);
  }

  draft(sample, remarks) {
    const { [sample]: _before, ...drafts } = this.drafts;
    if (remarks) drafts[sample] = remarks;
    if (Object.keys(drafts).length) sessionStorage.setItem(this.store, JSON.stringify(drafts));
    else sessionStorage.removeItem(this.store);
  }

  // they go with the answer now
  sent() {
    this.draft(this.stood.sample, null);
    this.stood = null;
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
