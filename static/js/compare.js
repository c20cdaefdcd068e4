// A choice above the table shows at once; b jumps to the choice of the baseline.
import { register } from "./keys.js";

const form = document.getElementById("choose");
form?.addEventListener("change", () => form.requestSubmit());
const table = {};
if (form) table.b = { label: gettext("Choose the baseline"), run: () => form.elements.base.focus() };
const only = document.getElementById("only-differences");
if (only) table.o = { label: gettext("Only differences, or all settings"), run: () => only.click() };
register(table);
