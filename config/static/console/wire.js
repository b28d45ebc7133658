// Sends requests to this server, and writes them down as curl would send them.

// Returns what was sent and what came back: `status`, `took` in milliseconds, `body`.
export async function send({ method = "POST", path, headers = {}, json, form }) {
  const request = { method, path, headers: { ...headers }, json, form };
  if (json) request.headers["Content-Type"] = "application/json";
  if (form) request.headers["Content-Type"] = "application/x-www-form-urlencoded";
  const body = json ? JSON.stringify(json) : form ? new URLSearchParams(form) : undefined;
  const begun = performance.now();
  const answer = await fetch(path, { method, headers: request.headers, body, credentials: "omit" });
  const text = await answer.text();
  const took = Math.round(performance.now() - begun);
  return { request, status: answer.status, words: answer.statusText, took, body: text ? JSON.parse(text) : null };
}

export function asCurl({ method, path, headers, json, form }) {
  const parts = [`curl -s ${method === "GET" ? "" : `-X ${method} `}${quoted(location.origin + path)}`];
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (json) parts.push(`-d ${quoted(JSON.stringify(json))}`);
  for (const [name, value] of Object.entries(form || {})) parts.push(`--data-urlencode ${quoted(`${name}=${value}`)}`);
  return parts.join(" \\\n  ");
}

// Not `randomUUID`, which browsers keep from pages without TLS.
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
