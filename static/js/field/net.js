/**
 * Asking the server so that nothing is taken for an answer that is none: a proxy's page, a portal's "200", silence.
 * @module city/field/net
 */

/**
 * @typedef {{kind: "ok", body: any} | {kind: "later"|"login"|"csrf"|"conflict"|"refused", status: number, code: string,
 *   detail: string}} Outcome
 */

const SOON_S = 25;
const PHOTO_S = 120;

/**
 * @param {string} path
 * @param {{json?: any, form?: FormData, csrf?: string}} [given] a POST where `json` or `form` is given
 * @returns {Promise<Outcome>}
 */
export async function call(path, { json, form, csrf } = {}) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), (form ? PHOTO_S : SOON_S) * 1000);
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" };
  if (csrf) headers["X-CSRFToken"] = csrf;
  if (json !== undefined) headers["Content-Type"] = "application/json";
  try {
    const answer = await fetch(path, {
      method: json === undefined && !form ? "GET" : "POST",
      headers,
      body: form ?? (json === undefined ? undefined : JSON.stringify(json)),
      credentials: "same-origin",
      cache: "no-store",
      signal: patience.signal,
    });
    return await outcome(answer);
  } catch (error) {
    const isLate = /** @type {any} */ (error)?.name === "AbortError";
    return { kind: "later", status: 0, code: isLate ? "timeout" : "offline", detail: "" };
  } finally {
    clearTimeout(timer);
  }
}

/** @param {Response} answer @returns {Promise<Outcome>} */
async function outcome(answer) {
  const type = answer.headers.get("Content-Type") ?? "";
  const told = /json/.test(type) ? await answer.json().catch(() => null) : (await answer.text(), null);
  if (answer.ok && told && typeof told === "object") return { kind: "ok", body: told };
  const problem = { status: answer.status, code: String(told?.code ?? ""), detail: String(told?.detail ?? "") };
  return { kind: kindOf(answer.status, problem.code), ...problem };
}

/**
 * What an answer means for what was sent. Only an error that our own server explained can be for good; anything else
 * (no code: a proxy, a gateway, a portal) is tried again.
 * @param {number} status @param {string} code
 * @returns {"later"|"login"|"csrf"|"conflict"|"refused"}
 */
export function kindOf(status, code) {
  if (status === 401 && code) return "login";
  if (code === "csrf") return "csrf";
  if (!code || status < 400 || status >= 500 || [408, 425, 429].includes(status)) return "later";
  return status === 409 ? "conflict" : "refused";
}

/** @returns {Promise<Outcome>} who we speak for, the server's time, the token of requests */
export const hello = () => call("/api/v1/field/hello");
