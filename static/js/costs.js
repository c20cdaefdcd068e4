// What a weight costs: means of all users at any weight, as the sentence and the tiles say them.
import { number, percent, points, relative } from "./figures.js";
import { say } from "./people.js";

export const EPS = 1e-6;

// on the grid the value itself; between two points the straight line
export function between(weights, values, weight) {
  const right = weights.findIndex((known) => known >= weight - EPS);
  if (right < 0 || !values) return null;
  if (Math.abs(weights[right] - weight) < EPS || right === 0) return values[right];
  const share = (weight - weights[right - 1]) / (weights[right] - weights[right - 1]);
  return values[right - 1] + (values[right] - values[right - 1]) * share;
}

export class Costs {
  // says: the sentence below the dial
  constructor(data, says) {
    this.data = data;
    this.says = says;
    this.tiles = new Map([...document.querySelectorAll("[data-cost]")].map((tile) => [tile.dataset.cost, {
      value: tile.querySelector("strong"), change: tile.querySelector(".change"), range: tile.querySelector(".range"),
    }]));
    says.replaceChildren();
    this.told = Object.keys(data.means).map((key, place) => {
      const value = document.createElement("strong");
      const change = document.createTextNode("");
      says.append(`${place ? " · " : ""}${data.means[key].name} `, value, change);
      return { key, value, change };
    });
  }

  at(values, weight) {
    return between(this.data.weights, values, weight);
  }

  onCurve(weight) {
    return this.data.weights.some((known) => Math.abs(known - weight) < EPS);
  }

  of(key, weight) {
    const metric = this.data.means[key];
    const here = this.at(metric.mean, weight);
    const first = metric.mean[0];
    const share = key === "coverage" || key === "tail";
    const ends = metric.lo ? [this.at(metric.lo, weight), this.at(metric.hi, weight)] : [];
    return {
      value: (this.onCurve(weight) ? "" : "≈ ") + (share ? percent(here) : number(here)),
      change: share ? points(here - first) : relative(here, first),
      range: ends.map(share ? percent : number).join("…"),
      noise: this.noise(key, weight),
    };
  }

  noise(key, weight) {
    const change = this.data.change[key];
    if (!change || weight < EPS) return false;
    return this.at(change.lo, weight) <= 0 && this.at(change.hi, weight) >= 0;
  }

  draw(weight) {
    for (const { key, value, change } of this.told) {
      const found = this.of(key, weight);
      say(value, found.value);
      const words = found.change ? ` (${found.change})` : "";
      if (change.data !== words) change.data = words;
      const tile = this.tiles.get(key);
      if (!tile) continue;
      say(tile.value, found.value);
      say(tile.change, found.noise ? `${found.change} · ${gettext("within noise")}` : found.change);
      say(tile.range, found.range);
    }
  }

  // "0.30, relevance 0.312, diversity 0.47": what a reader hears of the dial
  spoken(weight) {
    const words = Object.entries({ relevance: gettext("relevance"), variety: gettext("diversity") });
    const parts = words.filter(([key]) => this.data.means[key])
      .map(([key, word]) => `${word} ${number(this.at(this.data.means[key].mean, weight))}`);
    return [weight.toFixed(2), ...parts].join(", ");
  }
}
