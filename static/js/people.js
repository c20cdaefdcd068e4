// Cards of real people: ten rows each, kept by item, moved when the weight changes.
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const MOVE = 190; // ms

function make(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

function hidden(text) {
  return make("span", "visually-hidden", text);
}

export const KINDS = {
  new: () => gettext("few ratings"),
  narrow: () => gettext("narrow taste"),
  heavy: () => gettext("much history"),
};

class Row {
  constructor(card, code) {
    const { person } = card;
    const item = person.items[code] ?? { t: String(code), c: [] };
    this.place = -1;
    this.moved = undefined;
    this.root = make("li");
    this.rank = make("span", "rank num");
    this.mark = make("span", "move");
    const what = make("span", "what");
    const name = make("button", "name", item.t);
    name.type = "button";
    name.title = item.t;
    name.setAttribute("aria-expanded", "false");
    name.addEventListener("click", () => card.why(code, name));
    this.name = name;
    const tags = make("span", "tags");
    for (const topic of item.c ?? []) tags.append(make("span", "tag", topic));
    what.append(name, tags);
    this.root.append(this.rank, this.mark, what);
    if (person.hits.includes(code)) {
      const hit = make("span", "hit", "✓");
      hit.title = gettext("taken later");
      hit.append(hidden(gettext("taken later")));
      this.root.append(hit);
    }
  }

  show(place, first, height) {
    const before = this.place;
    if (place !== before) this.rank.textContent = String(place + 1);
    const moved = first < 0 ? null : first - place;
    if (moved !== this.moved) this.sign(moved);
    this.place = place;
    if (before !== place && height && !still.matches) this.glide(before, place, height);
  }

  sign(moved) {
    this.moved = moved;
    this.root.className = moved === null ? "new" : moved > 0 ? "up" : moved < 0 ? "down" : "same";
    if (moved === null) this.mark.replaceChildren("✚", hidden(` ${gettext("new in the list")}`));
    else if (moved === 0) this.mark.replaceChildren();
    else if (moved > 0) this.mark.replaceChildren(`▲${moved}`, hidden(` ${gettext("places up")}`));
    else this.mark.replaceChildren(`▼${-moved}`, hidden(` ${gettext("places down")}`));
  }

  glide(before, place, height) {
    this.motion?.cancel();
    const from = before < 0
      ? { opacity: 0, transform: "translateX(14px)" }
      : { transform: `translateY(${(before - place) * height}px)` };
    this.motion = this.root.animate([from, { opacity: 1, transform: "none" }], {
      duration: MOVE, easing: "cubic-bezier(.2,.8,.2,1)",
    });
  }
}

export class Card {
  constructor(person, urls, onRemove) {
    this.person = person;
    this.urls = urls;
    this.rows = new Map();
    this.shown = null;
    this.firstPlace = new Map(person.first.map((code, place) => [code, place]));
    this.root = make("article", "person");
    this.root.dataset.person = person.id;
    this.list = make("ol", "top");
    this.changed = make("strong");
    this.relevance = make("span");
    this.ild = make("span");
    this.because = make("p", "because-of");
    this.because.hidden = true;
    this.because.setAttribute("role", "status");
    const foot = make("footer", "num");
    foot.append(this.changed, this.relevance, this.ild);
    this.root.append(this.head(onRemove), this.strip(), this.path(), this.list, this.because, foot);
  }

  head(onRemove) {
    const { person } = this;
    const head = make("header");
    const title = make("h3");
    const link = make("a", "", `${gettext("User")} ${person.id}`);
    link.href = `${this.urls.user}${encodeURIComponent(person.id).replaceAll("%2F", "/")}/`;
    title.append(link);
    head.append(title);
    if (KINDS[person.kind]) head.append(make("span", "chip", KINDS[person.kind]()));
    const size = interpolate(ngettext("%(n)s item", "%(n)s items", person.n), { n: person.n }, true);
    head.append(make("span", "muted num", size));
    if (!person.held_out) {
      const note = make("span", "chip", gettext("whole log"));
      note.title = gettext("Has no held-out items: this list stands on the whole history");
      head.append(note);
    }
    const away = make("button", "icon-button away", "×");
    away.type = "button";
    away.setAttribute("aria-label", `${gettext("Take away")}: ${person.id}`);
    away.addEventListener("click", () => onRemove(this));
    head.append(away);
    return head;
  }

  strip() {
    const titles = this.person.history.map((code) => this.title(code));
    if (!titles.length) return make("p", "strip", gettext("no history: this is what a new user gets"));
    const strip = make("p", "strip");
    strip.append(make("strong", "", `${gettext("Lately")}: `), titles.join(" · "));
    strip.title = titles.join("\n");
    return strip;
  }

  // where on the dial this list changes: the exact path, drawn once
  path() {
    const path = make("div", "path");
    path.setAttribute("aria-hidden", "true");
    path.title = gettext("The marks show at which weights this list changes");
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    picture.setAttribute("viewBox", "0 0 1000 10");
    picture.setAttribute("preserveAspectRatio", "none");
    const marks = document.createElementNS("http://www.w3.org/2000/svg", "path");
    marks.setAttribute("d", this.person.ends.map((end) => `M${end * 1000} 3V10`).join(""));
    picture.append(marks);
    this.caret = make("i");
    path.append(picture, this.caret);
    return path;
  }

  title(code) {
    return this.person.items[code]?.t ?? String(code);
  }

  // listed: item codes, best first; height: of a row, 0 to jump
  show(weight, listed, relevance, ild, height) {
    this.caret.style.left = `${weight * 100}%`;
    if (listed !== this.shown) {
      const elements = listed.map((code, place) => {
        const row = this.row(code);
        row.show(place, this.firstPlace.get(code) ?? -1, this.shown ? height : 0);
        return row.root;
      });
      if (this.shown) this.dropped(listed);
      this.list.replaceChildren(...elements);
      this.shown = listed;
      const changed = listed.filter((code) => !this.firstPlace.has(code)).length;
      this.changed.textContent = interpolate(gettext("%(n)s of %(k)s changed"), { n: changed, k: listed.length }, true);
    }
    this.relevance.textContent = `${gettext("relevance")} ${relevance.toFixed(2)}`;
    this.ild.textContent = ild === null ? "" : `ILD ${ild.toFixed(2)}`;
  }

  dropped(listed) {
    const kept = new Set(listed);
    for (const code of this.shown) {
      if (!kept.has(code)) this.rows.get(code).place = -1;
    }
  }

  row(code) {
    if (!this.rows.has(code)) this.rows.set(code, new Row(this, code));
    return this.rows.get(code);
  }

  why(code, button) {
    const open = button.getAttribute("aria-expanded") === "true";
    for (const row of this.rows.values()) row.name.setAttribute("aria-expanded", "false");
    this.because.hidden = open;
    if (open) return;
    button.setAttribute("aria-expanded", "true");
    this.because.replaceChildren(make("strong", "", `${this.title(code)}: `), this.words(code));
  }

  words(code) {
    const item = this.person.items[code];
    if (!item?.why?.length) return gettext("popular; nothing in the history speaks for it");
    const parts = item.why.map(([from, weight, kind]) => {
      const share = kind === "c" ? `${Math.round(weight * 100)} %` : `${gettext("likeness")} ${weight.toFixed(2)}`;
      return `${this.title(from)} (${share})`;
    });
    const score = item.r === undefined ? "" : ` · ${gettext("relevance")} ${item.r.toFixed(2)}`;
    return `${gettext("because of")} ${parts.join(", ")}${score}`;
  }
}
