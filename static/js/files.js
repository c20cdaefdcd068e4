// What leaves the page as a file: CSV with a byte order mark (Excel on Chinese Windows) and with
// cells that a spreadsheet would run as a formula made harmless.
export function tableRows(chart) {
  const block = document.getElementById(`table-${chart.dataset.chart}`);
  if (block) return JSON.parse(block.textContent);
  const rows = chart.querySelectorAll("table tr");
  return [...rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
}

function cell(value) {
  let text = value === null || value === undefined ? "" : String(value);
  const number = text !== "" && Number.isFinite(Number(text));
  if (!number && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function toCsv(rows) {
  const lines = rows.map((row) => row.map(cell).join(","));
  return new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv;charset=utf-8" });
}

export function save(name, content) {
  const link = document.createElement("a");
  const url = typeof content === "string" ? content : URL.createObjectURL(content);
  link.href = url;
  link.download = name;
  link.click();
  if (typeof content !== "string") setTimeout(() => URL.revokeObjectURL(url), 1000);
}
