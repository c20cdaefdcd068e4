// Numbers as the server writes them: three significant digits, a real minus, thin spaces.
const THIN = "\u202f";
const MINUS = "\u2212";

export function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(3)))));
  if (size < -4) return value.toExponential(2).replace("-", MINUS);
  if (size >= 3) return Math.round(Number(value.toPrecision(3))).toLocaleString("en").replaceAll(",", THIN);
  return value.toFixed(2 - size).replace("-", MINUS);
}

export function signed(value) {
  return value > 0 ? `+${number(value)}` : number(value);
}

export function percent(value) {
  return value === null ? "–" : `${number(value * 100)}${THIN}%`;
}

export function relative(here, first) {
  return first ? `${signed((100 * (here - first)) / first)}${THIN}%` : "";
}

export function points(difference) {
  return interpolate(gettext("%(n)s points"), { n: signed(100 * difference) }, true);
}
