// The last ten answers beside the sample, newest first; each opens for another look.
const TEN = 10;

export class Lately {
  constructor(list, address) {
    this.list = list;
    this.address = address; // of sample 0
  }

  remember(sample, title, value) {
    this.forget(sample);
    const row = document.createElement("li");
    const link = document.createElement("a");
    const key = document.createElement("kbd");
    const name = document.createElement("span");
    link.href = this.address.replace("/past/0/", `/past/${sample}/`);
    link.dataset.sample = sample;
    key.textContent = value;
    name.textContent = title;
    link.append(key, " ", name);
    row.append(link);
    this.list.prepend(row);
    while (this.list.children.length > TEN) this.list.lastElementChild.remove();
    this.list.parentElement.hidden = false;
  }

  // what stands is another answer: in its place, or new in front
  amend(sample, title, value) {
    const key = this.of(sample)?.querySelector("kbd");
    if (key) key.textContent = value;
    else this.remember(sample, title, value);
  }

  forget(sample) {
    this.of(sample)?.parentElement.remove();
  }

  of(sample) {
    return this.list.querySelector(`a[data-sample="${sample}"]`);
  }

  mark(link) {
    for (const other of this.list.querySelectorAll("[aria-current]")) {
      other.removeAttribute("aria-current");
    }
    link?.setAttribute("aria-current", "true");
  }

  // the link `step` places before (1) or after (-1) the sample; null: in front of the newest
  beside(sample, step) {
    const links = [...this.list.querySelectorAll("a")];
    const to = links.findIndex((link) => link.dataset.sample === sample) + step;
    return to < 0 ? null : links[to];
  }
}
