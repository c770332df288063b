/** Talking to our own server: JSON in and out, errors as `Problem`. */
import { t } from "words";

/** An error that the server explained (application/problem+json), or that kept us from reaching it. */
export class Problem extends Error {
  /** @param {{status: number, code: string, detail: string, title?: string, field?: string}} told */
  constructor(told) {
    super(told.detail);
    this.status = told.status;
    this.code = told.code;
    this.title = told.title ?? "";
    this.field = told.field ?? null;
  }
}

const csrf = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

/** A fresh key for a POST that may be sent twice but must count once. */
export const newKey = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;

/**
 * @param {string} url @param {RequestInit} [options]
 * @returns {Promise<Response>} an answer that is good; Problem otherwise
 */
export async function send(url, options = {}) {
  const headers = new Headers(options.headers);
  headers.set("X-Requested-With", "XMLHttpRequest");
  if (!headers.has("Accept")) headers.set("Accept", "application/json");
  if (options.method && options.method !== "GET") headers.set("X-CSRFToken", csrf());
  let answer;
  try {
    answer = await fetch(url, { credentials: "same-origin", ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ status: 0, code: "offline", detail: t("The server can't be reached. What you typed is still here.") });
  }
  if (answer.ok) return answer;
  throw new Problem(await told(answer));
}

/** @param {Response} answer */
async function told(answer) {
  const standing = { status: answer.status, code: "http", detail: t("The server answered with an error ({status}).", { status: answer.status }) };
  try {
    return { ...standing, ...(await answer.json()) };
  } catch {
    return standing;
  }
}

/** @param {Response} answer */
const body = async (answer) => (answer.status === 204 ? null : answer.json());

/** @param {string} url @param {Record<string, unknown>} [query] empty values are left out @param {AbortSignal} [signal] */
export async function getJSON(url, query, signal) {
  const target = new URL(url, location.origin);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") target.searchParams.set(name, String(value));
  }
  return body(await send(target.href, { signal }));
}

/** @param {"POST" | "PUT" | "PATCH" | "DELETE"} method @param {string} url @param {unknown} data @param {{key?: string}} [options] */
export async function sendJSON(method, url, data, { key } = {}) {
  const headers = { "Content-Type": "application/json", ...(key ? { "Idempotency-Key": key } : {}) };
  return body(await send(url, { method, headers, body: data === undefined ? undefined : JSON.stringify(data) }));
}

/** @param {string} url @param {unknown} data @param {{key?: string}} [options] */
export const postJSON = (url, data, options) => sendJSON("POST", url, data, options);

/** @param {string} url @param {unknown} data */
export const patchJSON = (url, data) => sendJSON("PATCH", url, data);

/** @param {string} url @param {FormData | HTMLFormElement} form */
export async function postForm(url, form) {
  const data = form instanceof FormData ? form : new FormData(form);
  return body(await send(url, { method: "POST", body: data }));
}
