// Cards of real people: ten places each, whose items glide to where they stand at another weight.
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

// an outside id as recweb/lib/paths.py writes it: no segment of dots, which browsers take away
function address(id) {
  const safe = (part) => (/^~*\.{1,2}$/.test(part) ? `~${part}` : part);
  return id.split("/").map((part) => encodeURIComponent(safe(part))).join("/");
}

export const KINDS = {
  new: () => gettext("few ratings"),
  narrow: () => gettext("narrow taste"),
  heavy: () => gettext("much history"),
};

// text that is there already costs a layout when it is written again
export function say(element, text) {
  if (element.said === text) return;
  element.said = text;
  if (element.firstChild?.nodeType === Node.TEXT_NODE) element.firstChild.data = text;
  else element.prepend(text);
}

function showIf(element, wanted) {
  if (element.hidden === wanted) element.hidden = !wanted;
}

// One place of a list. Places stay where they are and show another item: putting elements in anew
// has all of them styled again, and that is what a drag has no time for.
class Place {
  constructor(card, number) {
    this.card = card;
    this.number = number;
    this.code = null;
    this.root = make("li");
    this.mark = make("span", "move");
    this.sign = hidden("");
    const what = make("span", "what");
    this.name = make("button", "name");
    this.name.type = "button";
    this.name.addEventListener("click", () => card.why(this.code));
    this.name.addEventListener("pointerenter", () => { this.name.title = card.title(this.code); });
    const tags = make("span", "tags");
    this.tags = [0, 1, 2].map(() => make("span", "tag"));
    tags.append(...this.tags);
    what.append(this.name, tags);
    this.mark.append("", this.sign);
    this.hit = make("span", "hit", "✓");
    this.hit.title = gettext("taken later");
    this.hit.append(hidden(gettext("taken later")));
    this.root.append(make("span", "rank num", String(number + 1)), this.mark, what, this.hit);
  }

  // before: where the item stood, -1 when it was not there; first: where at weight 0; height: 0 jumps
  show(code, before, first, height) {
    if (code !== this.code) this.fill(code);
    const moved = first < 0 ? "new" : first - this.number;
    if (moved !== this.moved) this.turn(moved);
    if (!height) this.rest();
    else if (before !== this.number && !still.matches) this.glide(before, height);
  }

  fill(code) {
    const { person, open } = this.card;
    const item = person.items[code] ?? { t: String(code), c: [] };
    this.code = code;
    say(this.name, item.t);
    this.expand(code === open);
    this.tags.forEach((tag, at) => {
      const topic = item.c?.[at];
      showIf(tag, topic !== undefined);
      if (topic !== undefined) say(tag, topic);
    });
    showIf(this.hit, person.hits.includes(code));
    showIf(this.root, code !== null);
  }

  expand(wanted) {
    if (this.expanded === wanted) return;
    this.expanded = wanted;
    this.name.setAttribute("aria-expanded", String(wanted));
  }

  turn(moved) {
    this.moved = moved;
    const [name, sign, words] = moved === "new" ? ["new", "✚", gettext("new in the list")]
      : moved > 0 ? ["up", `▲${moved}`, gettext("places up")]
        : moved < 0 ? ["down", `▼${-moved}`, gettext("places down")] : ["same", "", ""];
    if (this.root.className !== name) this.root.className = name;
    say(this.mark, sign);
    say(this.sign, words && ` ${words}`);
  }

  rest() {
    this.motion?.cancel();
    this.motion = null;
  }

  glide(before, height) {
    this.rest();
    const from = before < 0
      ? { opacity: 0, transform: "translateX(14px)" }
      : { transform: `translateY(${(before - this.number) * height}px)` };
    this.motion = this.root.animate([from, { opacity: 1, transform: "none" }], {
      duration: MOVE, easing: "cubic-bezier(.2,.8,.2,1)",
    });
  }
}

export class Card {
  constructor(person, urls, onRemove) {
    this.person = person;
    this.urls = urls;
    this.open = null; // whose reasons are shown
    this.shown = null;
    this.places = person.first.map((_code, number) => new Place(this, number));
    this.firstPlace = new Map(person.first.map((code, place) => [code, place]));
    this.root = make("article", "person");
    this.root.dataset.person = person.id;
    this.list = make("ol", "top");
    this.list.append(...this.places.map((place) => place.root));
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
    link.href = `${this.urls.user}${address(person.id)}/`;
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
    this.caret.style.transform = `translateX(${weight * 100}%)`;
    if (listed !== this.shown) {
      const before = new Map(this.shown?.map((code, place) => [code, place]));
      for (const place of this.places) {
        const code = listed[place.number] ?? null;
        const first = this.firstPlace.get(code) ?? -1;
        place.show(code, before.get(code) ?? -1, first, this.shown ? height : 0);
      }
      this.shown = listed;
      const fresh = listed.filter((code) => !this.firstPlace.has(code)).length;
      say(this.changed, interpolate(gettext("%(n)s of %(k)s new"), { n: fresh, k: listed.length }, true));
    }
    say(this.relevance, `${gettext("relevance")} ${relevance.toFixed(2)}`);
    say(this.ild, ild === null ? "" : `ILD ${ild.toFixed(2)}`);
  }

  why(code) {
    this.open = this.open === code ? null : code;
    for (const place of this.places) place.expand(place.code === this.open);
    this.because.hidden = this.open === null;
    if (this.open !== null) {
      this.because.replaceChildren(make("strong", "", `${this.title(code)}: `), this.words(code));
    }
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
