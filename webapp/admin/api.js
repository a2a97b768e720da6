// Talks to the server. All URLs are relative to the page, so that it works below any prefix.
//
// The token lives in this tab's sessionStorage and goes out as "Authorization: Bearer". A browser
// never adds that header by itself, so no other site can make this browser act on the server. Where
// the server knows the browser by other means (an account of the application server), it asks for the
// header X-Narthex-Request, which another site can't send either. Its value "page" also asks the
// server not to make the browser ask for a password.

const KEY = "narthex-token";

export class Refused extends Error {
  constructor(status, text) {
    super(text || "status " + status);
    this.status = status;
  }
}

export const token = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: value => sessionStorage.setItem(KEY, value),
  clear: () => sessionStorage.removeItem(KEY),
};

let byAccount = false;

/** Says that the browser itself has what the server wants, and may send it again when asked. */
export function useAccount() {
  byAccount = true;
}

async function send(path, options = {}) {
  const headers = { "X-Narthex-Request": byAccount ? "account" : "page" };
  if (token.get()) headers.Authorization = "Bearer " + token.get();
  const response = await fetch(new URL(path, document.baseURI), {
    cache: "no-store",
    credentials: "same-origin",
    redirect: "error",
    ...options,
    headers,
  });
  if (!response.ok) {
    const text = await response.text();
    throw new Refused(response.status, text.trim().slice(0, 300));
  }
  return response;
}

export const get = async path => (await send(path)).json();

export const remove = path => send(path, { method: "DELETE" });

/** Runs a job. Calls `each` with every line; returns the last one. */
export async function run(path, each, signal) {
  const response = await send(path, { method: "POST", signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let last;
  for (;;) {
    const { done, value } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = done ? "" : lines.pop();
    for (const line of lines) {
      if (!line) continue;
      last = JSON.parse(line);
      each(last);
    }
    if (done) break;
  }
  if (last?.error) throw new Error(last.error);
  if (!last?.verdict) throw new Error("the answer broke off");
  return last;
}
