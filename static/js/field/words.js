/**
 * States of queued things, and why they wait, in words.
 * @module city/field/words
 */
import { t } from "words";
import { named, worded } from "city/map/format.js";

/** @type {{states: Record<string, string>, acts: Record<string, string>}} of the workflow, in the page's language */
export const FLOW = JSON.parse(document.querySelector("#field-words")?.textContent ?? '{"states":{},"acts":{}}');

/** @param {string} state @returns {string} */
export function stateWords(state) {
  return {
    waiting: t("Waiting"), sending: t("Sending"), sent: t("Received"), conflict: t("Changed meanwhile"), refused: t("Not taken"),
  }[state] ?? state;
}

/** @param {import("./store.js").Item} one @returns {string} why it is not sent, in words */
export function whyWords(one) {
  const why = one.why;
  if (!why || one.state === "sent") return "";
  if (why.code === "offline") return t("The server could not be reached. It is tried again.");
  if (why.code === "timeout") return t("The server did not answer in time. It is tried again.");
  if (why.code === "no_receipt") return t("The answer was no receipt. It is tried again.");
  if (why.code === "field.photo_lost") return t("This phone no longer has the photo.");
  if (one.state === "waiting" && why.status === 401) return t("It goes on once you have logged in.");
  if (one.state === "waiting" && why.status) return t("The server answered with an error ({status}). It is tried again.", { status: why.status });
  return why.detail || t("The server answered with an error ({status}).", { status: why.status });
}

/** @param {any} one a case's or component's brief @returns {string} */
export const className = (one) => named(one.class ?? one) || "";

/** @param {any} one @returns {string} the address that people know, else the area */
export const placeName = (one) => (one.address && worded(one.address)) || named(one.area ?? {}) || "";

/** @param {number} bytes */
export const megabytes = (bytes) => Math.round(bytes / 1e6);
