// Whether everything is saved, and how far the person and the queue are.
export class SavedLine {
  constructor(root) {
    this.root = root;
    this.silent = 0;
    this.steps = 0; // counted here: figures that the server made meanwhile may miss them
  }

  show(outbox) {
    const n = outbox.entries.length;
    const troubles = {
      offline: gettext("You are offline. Go on: this browser keeps your answers."),
      login: gettext("You are logged out. Log in again in another tab, then reload this page: your answers are kept here."),
      server: gettext("retrying"),
    };
    if (n && outbox.trouble) {
      this.say(`${interpolate(gettext("%s not saved"), [n])} – ${troubles[outbox.trouble]}`, true);
    } else if (n) this.say(gettext("Saving"));
    else this.say(outbox.trouble === "offline" ? troubles.offline : gettext("Saved"));
  }

  // seen at once; said aloud only when it has stayed for a second
  say(words, bad = false) {
    const seen = document.getElementById("saved");
    seen.textContent = words;
    seen.classList.toggle("bad", bad);
    clearTimeout(this.silent);
    this.silent = setTimeout(() => { document.getElementById("saved-aloud").textContent = words; }, 1000);
  }

  count(step) {
    const { mine, answered } = this.root.dataset;
    this.steps += 1;
    this.figures({ mine: Number(mine) + step, answered: Number(answered) + step });
  }

  figures({ mine, answered }) {
    Object.assign(this.root.dataset, { mine, answered });
    for (const place of ["mine", "gave"]) document.getElementById(place).textContent = mine;
    document.getElementById("undo-last").hidden = mine < 1;
    document.getElementById("all").textContent = answered;
    document.getElementById("bar").value = answered;
  }
}
