/**
 * A file on its way to the server: its bytes with a bar, the examination with another, and a way to stop.
 * @module city/datasets/upload
 */
import { Problem, getJSON } from "http";
import { t } from "words";

const LOOK_EVERY_MS = 1000;
const csrf = () => document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";

/**
 * @param {File} file
 * @param {(share: number) => void} progress 0–1 of the bytes sent
 * @param {AbortSignal} signal
 * @returns {Promise<any>} the upload
 */
export function send(file, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/datasets/uploads?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.setRequestHeader("X-CSRFToken", csrf());
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
    request.addEventListener("load", () => {
      const told = read(request.responseText);
      if (request.status < 300) resolve(told);
      else reject(new Problem({ status: request.status, code: "http", detail: t("The server answered with an error ({status}).", { status: request.status }), ...told }));
    });
    request.addEventListener("error", () => reject(new Problem({ status: 0, code: "offline", detail: t("The server can't be reached. Nothing was stored; send the file again.") })));
    request.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** @param {string} text */
function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/**
 * Until the worker is done with an upload.
 * @param {any} upload
 * @param {(share: number, state: string) => void} progress
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>} the upload, examined or made; Problem where that failed
 */
export async function settled(upload, progress, signal) {
  let now = upload;
  const was = upload.state;
  while (now.state === "examining" || now.state === "making") {
    progress(now.share, now.state);
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    if (signal?.aborted) throw new DOMException("", "AbortError");
    now = await getJSON(`/api/v1/datasets/uploads/${now.key}`);
  }
  if (now.problem && (was !== "ready" || now.state === "failed")) throw new Problem({ status: 422, ...now.problem });
  return now;
}
