// Curves of a training that goes on: each poll brings the page's new figures, and the charts take
// them in place, so that a zoom, an open table and the reader's place stay. A choice shows at once.
import { draw } from "./charts.js";

function figures(root) {
  return [...root.querySelectorAll("figure[data-chart]")];
}

function block(figure) {
  return figure.querySelector(`script[id="${CSS.escape(figure.dataset.chart)}"]`);
}

// the same charts as before, and the training still goes on
function alike(old, fresh) {
  const names = (root) => figures(root).map((one) => one.dataset.chart).join();
  return names(old) !== "" && names(old) === names(fresh) && old.dataset.state === fresh.dataset.state;
}

function take(old, fresh) {
  const said = block(fresh).textContent;
  if (block(old).textContent === said) return;
  block(old).textContent = said;
  old.querySelector("figcaption").textContent = fresh.querySelector("figcaption").textContent;
  old.querySelector("tbody").replaceChildren(...fresh.querySelector("tbody").children);
  const box = old.querySelector(".chart-box");
  if (box.dataset.drawn) draw(box, JSON.parse(said)).catch(() => {});
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const old = event.detail.target;
  if (old?.id !== "curves") return;
  const page = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
  const fresh = page.getElementById("curves");
  if (!fresh || !alike(old, fresh)) return;
  event.detail.shouldSwap = false;
  const others = figures(fresh);
  figures(old).forEach((one, place) => take(one, others[place]));
  document.getElementById("best-epoch").textContent = page.getElementById("best-epoch").textContent;
});

document.addEventListener("change", (event) => {
  event.target.closest("#curve-look")?.requestSubmit();
});
