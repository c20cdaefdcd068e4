// The trade-off page. Dragging redraws from the data that came with the page and asks nothing;
// letting go asks the server only for what that data lacks, and writes the address.
import { plotly } from "./charts.js";
import { Costs, EPS, between } from "./costs.js";
import { register } from "./keys.js";
import { Overlay } from "./overlay.js";
import { percent } from "./figures.js";
import { Card } from "./people.js";
import { toast } from "./toast.js";

document.documentElement.classList.add("js");
const data = JSON.parse(document.getElementById("tradeoff-data").textContent);
const MOST = 6;
const SAY_AFTER = 500; // ms after the last move
const SLOW = 120; // ms between steps from which on rows glide: a glide begun anew each frame never moves
const WRITE_AFTER = 300; // a key held down must not write the address thirty times a second
const at = (id) => document.getElementById(id);
const slider = at("diversity");
const exact = at("exact");
const presets = [...document.querySelectorAll("#dial [data-set]")];
const state = { weight: data.weight, pins: { ...data.pins }, asked: null, sayTimer: 0, writeTimer: 0, pending: null, row: 0, drawn: 0 };
const cards = [];

function place(weight) {
  return data.grid.findIndex((known) => Math.abs(known - weight) < EPS);
}

// ---- drawing: everything below here runs inside one frame -------------------------------------
const costs = new Costs(data, at("says"));

function drawPeople(weight, jump) {
  const index = place(weight);
  const now = performance.now();
  const glides = !jump && now - state.drawn > SLOW;
  state.drawn = now;
  for (const card of cards) {
    const { person } = card;
    if (index >= 0) card.show(weight, person.lists[index], person.relevance[index + 1], person.ild[index + 1], glides ? state.row : 0);
  }
}

function draw(weight, { jump = false } = {}) {
  state.weight = weight;
  slider.style.setProperty("--at", `${weight * 100}%`);
  slider.setAttribute("aria-valuetext", costs.spoken(weight));
  if (document.activeElement !== exact || Number(exact.value) !== weight) exact.value = weight.toFixed(2);
  for (const link of presets) {
    const on = Math.abs(Number(link.dataset.set) - weight) < EPS;
    if (on !== link.hasAttribute("aria-current")) on ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
  }
  overlay.here(weight);
  costs.draw(weight);
  drawPeople(weight, jump);
  clearTimeout(state.sayTimer);
  state.sayTimer = setTimeout(() => { at("status").textContent = costs.says.textContent; }, SAY_AFTER);
}

// ---- one request, only for what is lacking ----------------------------------------------------
async function ask(query) {
  state.asked?.abort();
  state.asked = new AbortController();
  at("trouble").textContent = "";
  const params = new URLSearchParams({ run: data.run });
  for (const [name, given] of query) params.append(name, given);
  try {
    const answer = await fetch(`${data.urls.lists}?${params}`, { signal: state.asked.signal, headers: { Accept: "application/json" } });
    const body = await answer.json().catch(() => ({}));
    if (answer.status === 404 && body.error) {  // a wrong name: the weight has nothing to do with it
      at("trouble").textContent = body.error.message;
      return null;
    }
    if (!answer.ok) throw new Error(body.error?.message ?? gettext("The server could not answer."));
    return body;
  } catch (error) {
    if (error.name === "AbortError") return null;
    const words = error instanceof TypeError ? gettext("The server does not answer.") : error.message;
    at("trouble").textContent = `${words} ${gettext("The last good weight stays.")}`;
    return null;
  }
}

function learn(weight, people) {
  const index = data.grid.findIndex((known) => known > weight);
  const where = index < 0 ? data.grid.length : index;
  data.grid.splice(where, 0, weight);
  for (const { person } of cards) {
    const found = people.find((one) => one.id === person.id);
    person.lists.splice(where, 0, found?.lists[0] ?? person.first);
    person.relevance.splice(where + 1, 0, found?.relevance[1] ?? 0);
    person.ild.splice(where + 1, 0, found?.ild[1] ?? null);
    for (const [code, item] of Object.entries(found?.items ?? {})) person.items[code] ??= item;
    for (const code of found?.hits ?? []) if (!person.hits.includes(code)) person.hits.push(code);
  }
}

async function settle(weight) {
  const before = state.weight;
  if (state.pending === weight) return; // Enter in the number field: it changed, and it submits
  if (place(weight) < 0 && cards.length) {
    state.pending = weight;
    const found = await ask([["diversity", weight], ...cards.map((card) => ["users", card.person.id])]);
    if (state.pending === weight) state.pending = null;
    if (!found) {
      if (state.pending !== null) return; // a newer wish is on its way
      slider.value = String(before);
      return draw(before);
    }
    learn(weight, found.people);
  }
  draw(weight);
  remember();
}

function remember() {
  clearTimeout(state.writeTimer);
  state.writeTimer = setTimeout(write, WRITE_AFTER);
  const use = at("use");
  if (use) use.href = `${data.urls.use}?run=${data.run}&diversity=${state.weight}`;
  if (at("final-weight")) {
    at("final-weight").value = String(state.weight);
    at("final-words").textContent = state.weight.toFixed(2);
    at("final-back").value = here();
  }
}

function write() {
  window.history.replaceState(null, "", `?${here()}`);
}

// people, weight and pins as the address has them
function here() {
  const params = new URLSearchParams({ run: data.run, diversity: String(state.weight) });
  for (const { person } of cards) params.append("users", person.id);
  for (const [name, weight] of Object.entries(state.pins)) if (weight !== null) params.set(name, String(weight));
  return params.toString();
}

function set(weight) {
  const kept = Math.min(1, Math.max(0, Math.round(weight * 1000) / 1000));
  slider.value = String(kept);
  return settle(kept);
}

// ---- people -----------------------------------------------------------------------------------
function listed() {
  const select = at("one");
  select.replaceChildren(...cards.map((card) => new Option(card.person.id, card.person.id)));
}

function addCard(person) {
  const card = new Card(person, data.urls, removeCard);
  cards.push(card);
  at("cards").append(card.root);
  listed();
  return card;
}

function removeCard(card) {
  cards.splice(cards.indexOf(card), 1);
  card.root.remove();
  listed();
  remember();
  at("who").focus();
}

async function pinned(query) {
  if (cards.length >= MOST) return toast(gettext("Six people are as many as fit: take one away first."));
  const found = await ask(query);
  if (!found) return null;
  const [person] = found.people;
  if (cards.some((card) => card.person.id === person.id)) return toast(gettext("This user is here already."));
  const lacking = data.grid.filter((weight) => !data.weights.some((known) => Math.abs(known - weight) < EPS));
  for (const weight of lacking) fill(person, data.grid.indexOf(weight));
  const card = addCard(person);
  card.root.scrollIntoView({ block: "nearest", inline: "start" }); // it may lie below the window
  if (lacking.length && !costs.onCurve(state.weight)) await again(card);
  draw(state.weight, { jump: true });
  remember();
  return card;
}

function fill(person, where) {
  person.lists.splice(where, 0, person.lists[where] ?? person.first);
  person.relevance.splice(where + 1, 0, person.relevance[where + 1] ?? 0);
  person.ild.splice(where + 1, 0, person.ild[where + 1] ?? null);
}

// the weight lies between two points of the grid, and this person came later
async function again(card) {
  const found = await ask([["diversity", state.weight], ["users", card.person.id]]);
  if (!found) return;
  const where = place(state.weight);
  card.person.lists[where] = found.people[0].lists[0];
  card.person.relevance[where + 1] = found.people[0].relevance[1];
  card.person.ild[where + 1] = found.people[0].ild[1];
  Object.assign(card.person.items, found.people[0].items);
}

// ---- wiring -------------------------------------------------------------------------------------
const overlay = new Overlay(at("over"), data, (values, weight) => between(data.weights, values, weight), set);

function pin(name) {
  state.pins[name] = state.pins[name] !== null && Math.abs(state.pins[name] - state.weight) < EPS ? null : state.weight;
  showPins();
  remember();
}

function showPins() {
  for (const name of ["a", "b"]) {
    const weight = state.pins[name];
    at(`pin-${name}`).setAttribute("aria-pressed", String(weight !== null));
    at(`pin-${name}`).title = weight === null ? "" : weight.toFixed(2);
    flag(at(`flag-${name}`), weight);
    overlay.pin(name, weight);
  }
  flag(at("flag-knee"), data.knee);
}

function flag(element, weight) {
  element.hidden = weight === null || weight === undefined;
  if (!element.hidden) element.style.left = `calc(.85rem + (100% - 1.7rem) * ${weight})`;
}

slider.addEventListener("input", () => {
  at("trouble").textContent = "";  // what was wrong before this move is over
  draw(Number(slider.value));
});
slider.addEventListener("change", () => settle(Number(slider.value)));
exact.addEventListener("change", () => {
  const wanted = Number(exact.value);
  if (exact.value === "" || !exact.checkValidity() && (wanted < 0 || wanted > 1)) {
    at("trouble").textContent = gettext("The diversity must lie between 0 and 1.");
    exact.value = state.weight.toFixed(2);
    return;
  }
  set(wanted);
});
at("dial").addEventListener("submit", (event) => { event.preventDefault(); set(Number(exact.value)); });
at("dial").addEventListener("click", (event) => {
  const button = event.target.closest("[data-set]");
  if (!button || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  set(Number(button.dataset.set));
});
at("pin-a").addEventListener("click", () => pin("a"));
at("pin-b").addEventListener("click", () => pin("b"));
at("rule")?.addEventListener("change", (event) => {
  const rule = data.rules[Number(event.target.value)];
  if (event.target.value === "" || !rule) return;
  set(rule.weight);
  toast(interpolate(gettext("Diversity %(w)s gives the most diverse lists that lose at most %(loss)s of nDCG. With other users of the same kind it would lie between %(lo)s and %(hi)s."), {
    w: rule.weight.toFixed(2), loss: percent(rule.loss), lo: rule.lo.toFixed(2), hi: rule.hi.toFixed(2),
  }, true));
});
at("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  const who = at("who");
  if (who.value.trim() && await pinned([["users", who.value.trim()]])) who.value = "";
});
at("random").addEventListener("click", () => pinned([["random", "1"], ...cards.map((card) => ["users", card.person.id])]));
at("one").addEventListener("change", (event) => {
  const card = cards.find((one) => one.person.id === event.target.value);
  card?.root.scrollIntoView({ inline: "start", block: "nearest" });
});

let typing = 0;
at("who").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(async () => {
    const answer = await fetch(`${data.urls.users}?search=${encodeURIComponent(at("who").value)}`);
    if (!answer.ok) return;
    const { results } = await answer.json();
    at("known").replaceChildren(...results.slice(0, 10).map((row) => new Option(row.user)));
  }, 200);
});

register({
  b: { label: gettext("Baseline: diversity 0"), run: () => { set(0); } },
  p: { label: gettext("Pin this weight as A, then as B"), run: () => pin(state.pins.a === null ? "a" : "b") },
  u: { label: gettext("Add a user"), run: () => at("who").focus() },
  r: { label: gettext("Add a random user"), run: () => at("random").click() },
});

at("cards").replaceChildren();
for (const person of data.people) addCard(person);
draw(data.weight, { jump: true });
state.row = document.querySelector(".top li")?.offsetHeight ?? 0;
showPins();
plotly().then(() => overlay.move(), () => {});
