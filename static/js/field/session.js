/**
 * Who this phone speaks for, and what it took along for places without a network.
 * @module city/field/session
 */
import { call, hello } from "city/field/net.js";
import { keep, kept, wipe } from "city/field/store.js";

/** @typedef {{account_id: number, name: string, may_patrol: boolean, may_log: boolean, consent: boolean|null}} Who */

/** @type {Who|null} */
let who = null;
/** @type {any} */
let snapshot = null;
let csrf = "";
/** @type {Set<() => void>} */
const listeners = new Set();

export const me = () => who;
export const taken = () => snapshot;
export const token = () => csrf;

/** @param {() => void} act at each new snapshot or person */
export function onSession(act) {
  listeners.add(act);
  return () => listeners.delete(act);
}

const tell = () => listeners.forEach((act) => act());

/** From the phone itself, before the network is asked. */
export async function fromPhone() {
  who = (await kept("who")) ?? null;
  snapshot = who ? ((await kept(`snapshot:${who.account_id}`)) ?? null) : null;
  tell();
}

/** @returns {Promise<"ok"|"login"|"later">} another account than before: what was read for the other is wiped */
export async function greet() {
  const answer = await hello();
  if (answer.kind !== "ok" || typeof answer.body.account_id !== "number") return answer.kind === "login" ? "login" : "later";
  const { csrf: fresh, now: _, ...person } = answer.body;
  if (who && who.account_id !== person.account_id) {
    await wipe();
    snapshot = null;
  }
  [who, csrf] = [person, fresh];
  await keep("who", who);
  tell();
  return "ok";
}

/** @param {{lon: number, lat: number}|null} at take along anew @returns {Promise<boolean>} */
export async function refresh(at) {
  const query = at ? `?lon=${at.lon.toFixed(6)}&lat=${at.lat.toFixed(6)}` : "";
  const answer = await call(`/api/v1/field/snapshot${query}`);
  if (answer.kind !== "ok" || !who || answer.body.account_id !== who.account_id) return false;
  const near = at || !snapshot ? answer.body.near : snapshot.near;
  snapshot = { ...answer.body, near };
  await keep(`snapshot:${who.account_id}`, snapshot);
  tell();
  return true;
}

/** @param {string} path @param {any} json @returns {Promise<import("./net.js").Outcome>} */
export async function ask(path, json) {
  const first = await call(path, { json, csrf });
  if (first.kind !== "csrf" || (await greet()) !== "ok") return first;
  return call(path, { json, csrf });
}
