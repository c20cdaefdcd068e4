// Figures (plain dicts from the server) drawn by Plotly when they come into view, in the page's
// theme and language, with buttons a keyboard can reach. Plotly is loaded by the first chart.
import { save, toCsv, tableRows } from "./files.js";

const LIGHT = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000"];
const DARK = ["#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00"];
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "x", "star"];
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const drawn = new Map(); // element -> the figure it shows
let loading = null;

export function palette() {
  const dark = document.documentElement.dataset.bsTheme === "dark";
  const css = getComputedStyle(document.documentElement);
  const value = (name) => css.getPropertyValue(name).trim();
  return {
    dark,
    colors: dark ? DARK : LIGHT,
    dashes: DASHES,
    symbols: SYMBOLS,
    text: value("--bs-body-color"),
    muted: value("--muted"),
    line: value("--line"),
    surface: value("--surface"),
    accent: value("--accent"),
    scale: "Cividis",
  };
}

function script(url) {
  return new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = url;
    element.onload = resolve;
    element.onerror = () => reject(new Error(url));
    document.head.append(element);
  });
}

export function plotly() {
  const meta = document.querySelector('meta[name="plotly"]');
  loading ??= script(meta.content)
    .then(() => (meta.dataset.locale ? script(meta.dataset.locale) : null))
    .then(() => window.Plotly)
    .catch((error) => {
      loading = null;
      throw error;
    });
  return loading;
}

export function config() {
  return {
    displaylogo: false,
    displayModeBar: false, // our own buttons: Plotly's would sit inside the picture's role
    showSendToCloud: false,
    plotlyServerURL: "",
    responsive: true,
    doubleClick: "reset",
    scrollZoom: false,
    locale: document.documentElement.lang.startsWith("zh") ? "zh-CN" : "en",
    modeBarButtonsToRemove: ["select2d", "lasso2d"],
    toImageButtonOptions: { scale: 2 },
  };
}

function axis(given, look) {
  const title = typeof given?.title === "string" ? { text: given.title } : given?.title;
  return {
    gridcolor: look.line,
    linecolor: look.muted,
    zerolinecolor: look.line,
    tickcolor: look.muted,
    automargin: true,
    ...given,
    title: title && { standoff: 8, ...title }, // without it a title stays where long labels are
  };
}

export function layout(given = {}) {
  const look = palette();
  const font = getComputedStyle(document.body).fontFamily;
  const out = {
    margin: { l: 56, r: 16, t: given.title ? 40 : 12, b: 44 },
    ...given,
    colorway: look.colors,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: font, size: 12.5, color: look.text, ...given.font },
    hoverlabel: { bgcolor: look.surface, bordercolor: look.muted, font: { color: look.text }, ...given.hoverlabel },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, ...given.legend },
    transition: { duration: still.matches ? 0 : (given.transition?.duration ?? 0) },
  };
  out.xaxis = axis(given.xaxis, look);
  out.yaxis = axis(given.yaxis, look);
  for (const key of Object.keys(given)) {
    if (/^[xy]axis\d+$/.test(key)) out[key] = axis(given[key], look);
  }
  return out;
}

// a series without colours of its own gets colour, dash and symbol: never colour alone
function traces(data) {
  const look = palette();
  let n = 0;
  return data.map((trace) => {
    const series = trace.meta?.series ?? n;
    n += 1;
    const color = look.colors[series % look.colors.length];
    const out = { ...trace };
    if (trace.type === "heatmap" || trace.type === "histogram2d") {
      return { colorscale: look.scale, ...out };
    }
    if (trace.type === undefined || trace.type === "scatter") {
      out.line = { color, dash: DASHES[series % DASHES.length], width: 2, ...trace.line };
      out.marker = { color, symbol: SYMBOLS[series % SYMBOLS.length], size: 7, ...trace.marker };
      if (trace.fill && !trace.fillcolor) out.fillcolor = `${color}33`;
    } else if (trace.type !== "pie") {
      out.marker = { color, ...trace.marker };
    }
    for (const whisker of ["error_x", "error_y"]) {
      if (trace[whisker]) out[whisker] = { color: look.text, thickness: 1.2, ...trace[whisker] };
    }
    return out;
  });
}

// lying bars each keep their name: Plotly would leave every other one out
function withNames(element, figure) {
  const lying = (figure.data ?? []).filter((trace) => trace.type === "bar" && trace.orientation === "h");
  if (!lying.length) return figure.layout;
  const longest = Math.max(...lying.map((trace) => trace.y.length));
  element.style.minHeight = `${longest * 18 + 80}px`;
  return { ...figure.layout, yaxis: { ...figure.layout?.yaxis, dtick: 1 } };
}

// a title longer than a narrow chart is broken in two: Plotly would cut it off
function inTwo(title, width) {
  const text = title?.text ?? title;
  if (typeof text !== "string" || text.includes("<br>")) return title;
  const wide = [...text].reduce((sum, sign) => sum + (sign > "\u2fff" ? 14 : 7.5), 0);
  if (wide <= width) return title;
  const cut = text.indexOf(" ", Math.floor(text.length / 2));
  return cut < 0 ? title : { ...(title.text ? title : {}), text: `${text.slice(0, cut)}<br>${text.slice(cut + 1)}` };
}

function fitted(element, figure) {
  const given = withNames(element, figure);
  const title = inTwo(given?.xaxis?.title, element.clientWidth - 80);
  return title ? { ...given, xaxis: { ...given.xaxis, title } } : given;
}

export async function draw(element, figure) {
  drawn.set(element, figure);
  try {
    const Plotly = await plotly();
    await Plotly.react(element, traces(figure.data ?? []), layout(fitted(element, figure)), config());
    element.classList.remove("waiting");
    element.dataset.drawn = "true";
    element.dispatchEvent(new CustomEvent("chart-drawn", { bubbles: true }));
    return Plotly;
  } catch (error) {
    element.classList.remove("waiting");
    element.textContent = gettext("The chart could not be drawn. Its figures are in the table below.");
    throw error;
  }
}

function figureOf(chart) {
  const block = document.getElementById(chart.dataset.chart);
  return block ? JSON.parse(block.textContent) : null;
}

function open(chart) {
  const box = chart.querySelector(".chart-box");
  const figure = figureOf(chart);
  if (!box || !figure || drawn.has(box)) return;
  draw(box, figure).then(() => {
    const tools = chart.querySelector(".chart-tools");
    if (tools) tools.hidden = false;
  }, () => {});
}

const seen = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      open(entry.target);
    }
  },
  { rootMargin: "200px" },
);

export function drawAll(root = document) {
  for (const chart of root.querySelectorAll("figure[data-chart]")) seen.observe(chart);
}

async function zoom(box, factor) {
  const Plotly = await plotly();
  const change = {};
  for (const name of ["xaxis", "yaxis"]) {
    const range = box._fullLayout?.[name]?.range;
    if (!range || box._fullLayout[name].type === "category") continue;
    const [from, to] = range.map((end) => box._fullLayout[name].r2l(end));
    const half = ((to - from) / 2) * factor;
    const ends = [(from + to) / 2 - half, (from + to) / 2 + half];
    change[`${name}.range`] = ends.map((end) => box._fullLayout[name].l2r(end));
  }
  await Plotly.relayout(box, change);
}

const DEEDS = {
  in: (box) => zoom(box, 0.7),
  out: (box) => zoom(box, 1 / 0.7),
  reset: async (box) => (await plotly()).react(box, ...fresh(box)),
  png: async (box, name) => {
    const url = await (await plotly()).toImage(box, { format: "png", scale: 2 });
    save(name + ".png", url);
  },
  csv: (box, name, chart) => save(name + ".csv", toCsv(tableRows(chart))),
};

function fresh(box) {
  const figure = drawn.get(box);
  const whole = layout(fitted(box, figure));
  for (const name of ["xaxis", "yaxis"]) {
    if (!figure.layout?.[name]?.range) whole[name].autorange = whole[name].autorange ?? true;
  }
  return [traces(figure.data ?? []), whole, config()];
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-chart-do]");
  const chart = button?.closest("figure[data-chart]");
  if (!chart) return;
  const box = chart.querySelector(".chart-box");
  DEEDS[button.dataset.chartDo]?.(box, chart.dataset.chart, chart);
});

document.addEventListener("theme-change", () => {
  for (const [element, figure] of drawn) {
    if (element.isConnected) draw(element, figure).catch(() => {});
    else drawn.delete(element);
  }
});
document.addEventListener("htmx:load", (event) => drawAll(event.detail.elt));
