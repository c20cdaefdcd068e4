// One sample in focus; the next ones lie in the page already. An answer moves on at once and is
// saved behind it (outbox.js). All of it works anywhere on the page but in a text field.
import { AnswerForm } from "./answerform.js";
import { listen } from "./labelkeys.js";
import { Lately } from "./lately.js";
import { csrf, Outbox, post } from "./outbox.js";
import { SavedLine } from "./savedline.js";
import { given, parse, recount } from "./standing.js";
import { toast } from "./toast.js";

const root = document.getElementById("label");
const place = document.getElementById("samples");
const form = document.getElementById("answer");
const nothing = document.getElementById("nothing");
const direct = document.getElementById("direct");
const sheet = new AnswerForm(form, root.dataset.store);
const lately = new Lately(document.getElementById("past"), root.dataset.past);
const AHEAD = 3;
const RENEW = 4 * 60 * 1000;

const known = new Set(); // leases that were in this page
const answered = new Map(); // sample -> its article, for another look
let ahead = [...place.children];
let current = null;
let looking = null; // an earlier sample under another look
let shownAt = 0;
let renewedAt = Date.now();
let asking = null;

const line = new SavedLine(root);
const outbox = new Outbox(root.dataset.store, { changed: () => line.show(outbox), saved, refused });

// ---- what is shown ----------------------------------------------------------------------------
function focusOn(article, move) {
  for (const other of place.children) other.hidden = other !== article;
  sheet.fill(article.dataset);
  shownAt = performance.now();
  if (move) {
    article.querySelector("h2").focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }
}

function next(move = true) {
  sheet.keep();
  looking = null;
  document.getElementById("looking").hidden = true;
  lately.mark(null);
  current = ahead[0] ?? null;
  if (current) {
    root.hidden = false;
    nothing.hidden = true;
    focusOn(current, move);
  }
  root.setAttribute("aria-busy", String(!current));
  if (ahead.length < AHEAD) more();
}

// nothing came: is it the end, or are answers still on their way?
function rest() {
  if (current || looking) return;
  stop(outbox.entries.length
    ? gettext("The next samples come as soon as your answers are saved.")
    : gettext("Nothing waits for you here"));
}

async function more() {
  if (asking) return asking;
  asking = (async () => {
    // what is on its way to the server still counts as held there
    const count = Math.min(AHEAD + outbox.entries.length, 10);
    const body = new URLSearchParams({ count, csrfmiddlewaretoken: csrf() });
    const answer = await fetch(root.dataset.more, { method: "POST", body });
    const text = await answer.text();
    if (answer.status === 409) {
      if (!current) stop(text);
      return;
    }
    if (answer.ok) arrive(parse(text));
    rest();
  })().catch(rest).finally(() => { asking = null; });
  return asking;
}

function arrive(articles) {
  const fresh = articles.filter((article) => !known.has(article.dataset.lease));
  for (const article of fresh) {
    known.add(article.dataset.lease);
    article.hidden = true;
    place.append(article);
    ahead.push(article);
  }
  if (!current && ahead.length && !looking) next();
}

function stop(words) {
  root.hidden = true;
  nothing.hidden = false;
  nothing.querySelector("h2").textContent = words;
}

// ---- saving -----------------------------------------------------------------------------------
function saved(entry, answer) {
  if (answer.message) toast(answer.message);
  if (entry.counts && !answer.late) line.count(1);
  if (ahead.length < AHEAD) more();
}

// another tab or an earlier visit was first: the list and the figures show what stands
async function refused({ sample, title, body }, message) {
  toast(`${title}: ${message}`, "error");
  if (body.note || body.flagged) sheet.draft(sample, { note: body.note, flagged: body.flagged });
  const found = await given(root, sample);
  if (found) stands(sample, title, found);
  else lately.forget(sample);
  await recount(root, line, outbox);
}

function stands(sample, title, found) {
  const { value, note, flagged } = found.dataset;
  lately.amend(sample, title, value);
  const article = answered.get(sample);
  if (!article) return put(sample, found);
  Object.assign(article.dataset, { value, note, flagged });
  if (article === looking) focusOn(article, false);
}

function put(sample, article) {
  answered.set(sample, article);
  article.hidden = article !== looking;
  place.append(article);
}

// ---- what a person does -----------------------------------------------------------------------
function path(sample, deed) {
  return `${root.dataset.api}samples/${sample}/${deed}/`;
}

function submit(value) {
  active();
  const article = looking ?? current;
  if (!article) return;
  const { sample, lease, title } = article.dataset;
  const seconds = Math.round(performance.now() - shownAt) / 1000;
  const body = { value, seconds, ...sheet.remarks };
  if (looking) outbox.add({ url: path(sample, "change"), body, sample, title });
  else outbox.add({ url: path(sample, "label"), body: { lease, ...body }, sample, title, counts: true });
  settle(article, { value, ...sheet.remarks });
}

function settle(article, { value, ...kept }) {
  article.dataset.value = value;
  article.dataset.note = kept.note;
  article.dataset.flagged = kept.flagged ? "1" : "";
  sheet.sent();
  answered.set(article.dataset.sample, article);
  lately.remember(article.dataset.sample, article.dataset.title, value);
  if (!looking) ahead.shift();
  next();
}

function skip() {
  active();
  if (looking) return next();
  if (!current) return;
  const { sample, lease, title } = current.dataset;
  const { note, flagged } = sheet.remarks;
  outbox.add({ url: path(sample, "skip"), body: { lease, note, flagged }, sample, title });
  Object.assign(current.dataset, { note, flagged: flagged ? "1" : "" });
  sheet.sent();
  answered.set(sample, current);
  ahead.shift();
  next();
}

async function undo() {
  active();
  if (looking) return next();
  const back = outbox.takeBack();
  if (back) return again(back.sample, null);
  if (!(await outbox.flush())) return toast(gettext("Not saved yet: undo when the connection is back."), "error");
  let answer;
  let body;
  try {
    answer = await post(`${root.dataset.api}undo/`, {});
    body = await answer.json();
  } catch {
    return toast(gettext("The server does not answer. Nothing was undone."), "error");
  }
  if (!answer.ok) return toast(body.error.message);
  if (body.value !== null && body.lease) line.count(-1);
  if (!body.lease) {
    lately.forget(body.sample);
    return toast(gettext("That answer had come too late; it is withdrawn."));
  }
  await again(String(body.sample), body.lease);
}

// a sample comes back to the front
async function again(sample, lease) {
  let article = answered.get(sample);
  if (article && lease) {
    article.dataset.lease = lease;
    known.add(lease);
  }
  if (!article) {
    if (asking) await asking;
    await more();
    article = ahead.find((other) => other.dataset.sample === sample);
    if (!article) return;
    ahead = ahead.filter((other) => other !== article);
  }
  answered.delete(sample);
  lately.forget(sample);
  article.dataset.value = "";
  ahead.unshift(article);
  next();
}

// ---- the last ten -----------------------------------------------------------------------------
async function look(link) {
  const { sample } = link.dataset;
  let article = answered.get(sample);
  if (!article) {
    article = await given(root, sample);
    if (!article) return toast(gettext("This answer could not be loaded."), "error");
    put(sample, article);
  }
  looking = article;
  root.hidden = false;
  nothing.hidden = true;
  document.getElementById("looking").hidden = false;
  lately.mark(link);
  focusOn(article, true);
}

function walk(step) {
  const link = lately.beside(looking?.dataset.sample, step);
  if (link) look(link);
  else if (link === null && looking) next();
}

// ---- leases stay while somebody works ---------------------------------------------------------
function active() {
  if (Date.now() - renewedAt < RENEW || !ahead.length) return;
  renewedAt = Date.now();
  post(`${root.dataset.api}renew/`, {}).then(async (answer) => {
    if (!answer.ok) return;
    const held = new Set((await answer.json()).held.map((token) => token.replaceAll("-", "")));
    const mine = (article) => held.has(article.dataset.lease.replaceAll("-", ""));
    if (current && !mine(current)) {
      toast(gettext("This sample has gone to somebody else meanwhile; your answer will be kept as an extra."));
    }
    ahead = ahead.filter((article) => article === current || mine(article));
  }, () => {});
}

// ---- keys and buttons -------------------------------------------------------------------------
function digit(value) {
  if (direct.checked) return submit(value);
  sheet.press(value);
}

function enter() {
  const { chosen } = sheet;
  const other = !looking || chosen !== Number(looking.dataset.value) || sheet.changed;
  if (chosen !== null && other) return submit(chosen);
  if (looking) return next();
  toast(gettext("Choose 0, 1, 2 or 3 first."));
}

function heading() {
  (looking ?? current)?.querySelector("h2").focus();
}

function start() {
  for (const element of document.querySelectorAll(".script")) element.hidden = false;
  document.getElementById("direct-line").hidden = false;
  direct.checked = localStorage.getItem("label-direct") !== "off";
  listen({ form, sheet, lately, direct }, { submit, digit, enter, skip, undo, walk, look, next, heading });
  for (const article of ahead) known.add(article.dataset.lease);
  document.addEventListener("visibilitychange", () => document.hidden || recount(root, line, outbox));
  const waits = outbox.entries; // of an earlier visit
  if (waits.length) outbox.flush();
  const sent = new Set(waits.map((entry) => entry.sample));
  ahead = ahead.filter((article) => !sent.has(article.dataset.sample));
  if ("looking" in root.dataset) {
    [looking] = ahead;
    answered.set(looking.dataset.sample, looking);
    ahead = [];
    more();
    return focusOn(looking, false);
  }
  if (root.hidden && nothing.hidden) return; // the queue is not open
  next(false);
}

start();
