// The log below a running job: new lines come in by their offset, at most 500 stay, it scrolls along
// only while its reader is at the bottom. And the key that asks whether to cancel.
import { register } from "./keys.js";

const LINES = 500;
const EVERY = 2000; // ms
const AT_BOTTOM = 24; // px

class Log {
  constructor(root) {
    this.root = root;
    this.pane = root.querySelector("pre");
    this.after = Number(root.dataset.after ?? 0);
    this.ended = false;
    this.paused = false;
    for (const button of root.querySelectorAll("[data-log-do]")) {
      button.hidden = false;
      button.addEventListener("click", () => this[button.dataset.logDo](button));
    }
    root.addEventListener("toggle", () => this.look());
    this.down();
    this.look();
  }

  pause(button) {
    this.paused = !this.paused;
    button.setAttribute("aria-pressed", String(this.paused));
    button.textContent = this.paused ? gettext("Resume") : gettext("Pause");
    this.look();
  }

  wrap(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    this.pane.classList.toggle("unwrapped", !on);
  }

  down() {
    this.pane.scrollTop = this.pane.scrollHeight;
  }

  async look() {
    clearTimeout(this.timer);
    if (!this.root.isConnected || !this.root.open || this.paused || this.ended) return;
    if (!document.hidden) await this.fetch();
    clearTimeout(this.timer); // a second look may have begun meanwhile
    this.timer = setTimeout(() => this.look(), EVERY);
  }

  async fetch() {
    if (this.busy) return;
    this.busy = true;
    try {
      const answer = await fetch(`${this.root.dataset.log}?after=${this.after}`);
      if (answer.ok) this.add(await answer.json());
      else if (answer.status === 404) this.ended = true;
    } catch {
      // the server is away: the next look repairs it
    } finally {
      this.busy = false;
    }
  }

  add(news) {
    this.after = news.after;
    this.ended = news.ended && news.lines.length === 0;
    if (!news.lines.length) return;
    const follow = this.pane.scrollHeight - this.pane.scrollTop - this.pane.clientHeight < AT_BOTTOM;
    const kept = news.cut ? [] : this.pane.textContent.split("\n").slice(0, -1);
    this.pane.textContent = `${[...kept, ...news.lines].slice(-LINES).join("\n")}\n`;
    if (follow) this.down();
  }
}

function begin() {
  for (const root of document.querySelectorAll("details.job-log:not([data-begun])")) {
    root.dataset.begun = "";
    new Log(root);
  }
}

begin();
document.addEventListener("htmx:afterSettle", begin);

function ask() {
  const details = document.querySelector(".job details.ask");
  if (!details) return false;
  details.open = true;
  details.querySelector("button").focus();
  return true;
}
if (document.querySelector(".job details.ask")) {
  register({ ".": { label: gettext("Cancel the job (asks first)"), run: ask } });
}
