// A large file goes in parts, each proved by its SHA-256: after a broken connection it goes on
// where it stopped. Only where the browser can hash (https, or this very machine).
const TRIES = 6;

// from: bytes below which the form sends the file itself
export function wanted(file, from) {
  return Boolean(file) && file.size >= from && Boolean(globalThis.crypto?.subtle);
}

class Refused extends Error {}

// sends one file and answers its number; told(bytes) after each part; signal stops it
export async function send(file, token, signal, told) {
  let state = await call("/api/v1/uploads/", token, signal, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ file_name: file.name, size: file.size }),
  });
  while (state.offset < file.size) {
    const part = file.slice(state.offset, state.offset + state.part);
    state = await patiently(state, part, token, signal);
    told(state.offset);
  }
  return state.id;
}

// a part that did not get through is sent again from where the file ends by now
async function patiently(state, part, token, signal) {
  const bytes = await part.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const url = `/api/v1/uploads/${state.id}/`;
  for (let tried = 1; ; tried += 1) {
    try {
      return await call(`${url}?offset=${state.offset}`, token, signal, {
        method: "PUT",
        headers: { "Content-Type": "application/octet-stream", "X-SHA256": hex },
        body: bytes,
      });
    } catch (error) {
      if (error instanceof Refused || signal.aborted || tried === TRIES) throw error;
      await new Promise((done) => setTimeout(done, 500 * 2 ** tried));
    }
  }
}

async function call(url, token, signal, order) {
  const headers = { ...order.headers, "X-CSRFToken": token };
  const answer = await fetch(url, { ...order, headers, signal, credentials: "same-origin" });
  if (answer.ok) return answer.json();
  const said = await answer.json().catch(() => ({}));
  const words = said.error?.message ?? gettext("The server could not take the upload. Nothing was stored; try again.");
  // torn parts and a busy server are worth another try; what is forbidden stays forbidden
  throw answer.status === 422 || answer.status >= 500 ? new Error(words) : new Refused(words);
}
