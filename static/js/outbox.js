// What is to be saved waits here, in this browser, until the server has said that it has it.
const SECONDS = [1, 2, 4, 8, 15, 30];
const TIMEOUT = 20000;

// no crypto.randomUUID on plain http
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function csrf() {
  return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
}

export function post(url, body, key = uuid()) {
  return fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf(), "Idempotency-Key": key },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT),
  });
}

// on: {changed(), saved(entry, answer), refused(entry, message)}
export class Outbox {
  constructor(name, on) {
    this.name = name;
    this.on = on;
    this.flight = null; // key of the entry that is on its way
    this.trouble = ""; // "", "offline", "login", "server"
    this.tries = 0;
    this.timer = 0;
    this.running = null;
    window.addEventListener("online", () => {
      this.trouble = "";
      on.changed();
      this.flush();
    });
    window.addEventListener("offline", () => {
      this.trouble = "offline";
      on.changed();
    });
  }

  get entries() {
    try {
      return JSON.parse(localStorage.getItem(this.name)) ?? [];
    } catch {
      return [];
    }
  }

  write(entries) {
    if (entries.length) localStorage.setItem(this.name, JSON.stringify(entries));
    else localStorage.removeItem(this.name);
    this.on.changed();
  }

  add(entry) {
    this.write([...this.entries, { key: uuid(), ...entry }]);
    this.flush();
  }

  // the newest entry, when it has not left yet
  takeBack() {
    const entries = this.entries;
    const last = entries.at(-1);
    if (!last || last.key === this.flight) return null;
    this.write(entries.slice(0, -1));
    return last;
  }

  // resolves to true when everything is saved
  flush() {
    clearTimeout(this.timer);
    this.running ??= this.send().finally(() => { this.running = null; });
    return this.running;
  }

  async send() {
    for (let entry = this.entries[0]; entry; entry = this.entries[0]) {
      this.flight = entry.key;
      this.on.changed();
      const trouble = await this.one(entry);
      this.flight = null;
      this.trouble = trouble;
      if (trouble) {
        this.again();
        this.on.changed();
        return false;
      }
      this.tries = 0;
      this.write(this.entries.filter((other) => other.key !== entry.key));
    }
    return true;
  }

  again() {
    const wait = SECONDS[Math.min(this.tries, SECONDS.length - 1)];
    this.tries += 1;
    this.timer = setTimeout(() => this.flush(), wait * 1000);
  }

  async one(entry) {
    let answer;
    let body = {};
    try {
      answer = await post(entry.url, entry.body, entry.key);
      body = await answer.json();
    } catch {
      if (!answer || answer.status >= 500) return navigator.onLine ? "server" : "offline";
    }
    if (answer.ok) this.on.saved(entry, body);
    else if (answer.status === 401 || answer.status === 403) return "login";
    else if (answer.status === 429 || answer.status >= 500) return "server";
    else this.on.refused(entry, body.error?.message ?? String(answer.status));
    return "";
  }
}
