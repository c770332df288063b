/**
 * The queue: nothing leaves it without the server's receipt. One tab at a time sends; each thing has a state.
 * @module city/field/queue
 */
import { call, hello } from "./net.js";
import { sendTracks } from "./tracks.js";
import * as store from "./store.js";

/** @typedef {import("./store.js").Item} Item */

const LONGEST_MS = 5 * 60_000;
const SHORTEST_MS = 2_000;
const LOCK = "city-field-send";
const TELL_EVERY_MS = 150;
const GIVE_UP_AFTER = 3; // failures one after the other: the server is away, the rest waits
const KEEP_SENT_MS = 7 * 86_400_000;
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("city-field");
/** @type {Set<() => void>} */
const listeners = new Set();

if (channel) channel.onmessage = () => tell();

let isTold = false;

/** A full queue changes often: who shows it looks a few times a second. */
function tell() {
  if (isTold) return;
  isTold = true;
  setTimeout(() => {
    isTold = false;
    for (const act of listeners) act();
  }, TELL_EVERY_MS);
}

/** @param {() => void} act called when anything in the queue changed, in whichever tab */
export function onChange(act) {
  listeners.add(act);
  return () => listeners.delete(act);
}

export function changed() {
  tell();
  channel?.postMessage("changed");
}

/** @returns {string} */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const text = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
}

/**
 * @param {{id?: string, account: number, kind: "report"|"move", label: any, body: any, seen?: any}} given
 * @param {{id: string, data: ArrayBuffer, type: string, name?: string}[]} photos
 * @returns {Promise<string>} the item's id, once it is safely on the disk
 */
export async function enqueue(given, photos = []) {
  const now = new Date();
  /** @type {Item} */
  const one = {
    id: given.id ?? newId(), account: given.account, kind: given.kind, order: now.getTime() + performance.now() / 1e6,
    made_at: now.toISOString(), label: given.label, body: given.body, seen: given.seen ?? null, state: "waiting",
    photos: photos.map(({ id, type, name }) => ({ id, type, name: name ?? "", receipt: null })),
    tries: 0, next_at: 0, why: null, receipt: null, sent_at: null,
  };
  await store.queueItem(one, photos.map(({ id, data, type }) => ({ id, data, type })));
  changed();
  return one.id;
}

/**
 * Send what can be sent. Another tab that is at it already is left to it.
 * @param {{now?: boolean}} [how] now: what waits for its next try too
 * @returns {Promise<"done"|"login"|"later"|"busy">}
 */
export async function drain(how = {}) {
  if (!navigator.locks) return drainAlone(how);
  if (how.now) return inTurn();
  return navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? drainAlone(how) : "busy"));
}

let isInTurn = false;

/** Asked to send now: after whoever is at it, once. @returns {Promise<"done"|"login"|"later"|"busy">} */
async function inTurn() {
  if (isInTurn) return "busy";
  isInTurn = true;
  return navigator.locks.request(LOCK, () => {
    isInTurn = false;
    return drainAlone({ now: true });
  });
}

/** @param {{now?: boolean}} how @returns {Promise<"done"|"login"|"later">} */
async function drainAlone({ now = false }) {
  const who = await hello();
  if (who.kind !== "ok" || typeof who.body.account_id !== "number") {
    return remember(who.kind === "login" ? "login" : "later");
  }
  const session = who.body;
  await store.keep("clock", { ahead_ms: Date.now() - Date.parse(session.now) });
  /** @type {Set<string>} */
  const tried = new Set();
  let failed = 0;
  for (;;) {
    const all = await store.items(session.account_id);
    const due = all.filter((one) => !tried.has(one.id) && isDue(one, now));
    if (!due.length) {
      const old = (/** @type {Item} */ one) => Date.now() - Date.parse(one.sent_at ?? "") > KEEP_SENT_MS;
      await store.forget(all.filter((one) => one.state === "sent" && old(one)));
      break;
    }
    for (const { id } of due) {
      tried.add(id);
      const outcome = await sendOne(id, now, session);
      if (outcome === "login") return remember("login");
      failed = outcome === "later" ? failed + 1 : outcome === "sent" ? 0 : failed;
      if (failed >= GIVE_UP_AFTER) return remember("later");
    }
  }
  const tracks = await sendTracks(session);
  return remember(failed || tracks === "later" ? "later" : "done");
}

/** @template {string} T @param {T} outcome @returns {Promise<T>} */
async function remember(outcome) {
  await store.keep("link", { outcome, at: Date.now() });
  changed();
  return outcome;
}

/**
 * An item that was being sent when its tab was killed counts as waiting: who holds the lock is the only sender.
 * @param {Item} one @param {boolean} now
 */
const isDue = (one, now) =>
  one.state === "sending" ||
  (one.state === "waiting" && (now || one.next_at <= Date.now() || one.next_at > Date.now() + LONGEST_MS));

/** @param {string} id @param {boolean} now @param {any} session @returns {Promise<"sent"|"later"|"login"|"stopped">} */
async function sendOne(id, now, session) {
  const one = await store.item(id);
  if (!one || !isDue(one, now)) return "stopped"; // changed by hand since the list was read
  one.state = "sending";
  await store.saveItem(one);
  changed();
  let outcome = await (one.kind === "report" ? sendReport(one, session) : sendMove(one, session));
  if (outcome?.kind === "csrf") {
    const again = await hello();
    if (again.kind === "ok" && again.body.account_id === one.account) {
      session.csrf = again.body.csrf;
      outcome = await (one.kind === "report" ? sendReport(one, session) : sendMove(one, session));
    }
  }
  return settle(one, outcome);
}

/** @param {Item} one @param {any} outcome null: all receipts are here */
async function settle(one, outcome) {
  const was = await store.item(one.id);
  if (!was) return "stopped"; // dropped by hand meanwhile
  if (outcome === null) {
    Object.assign(one, { state: "sent", why: null, sent_at: new Date().toISOString() });
    await store.finish(one);
    await store.keep("last", { at: one.sent_at });
    changed();
    return "sent";
  }
  const isLater = ["later", "login", "csrf"].includes(outcome.kind);
  one.state = isLater ? "waiting" : outcome.kind;
  one.why = { status: outcome.status, code: outcome.code, detail: outcome.detail, photo: outcome.photo ?? null };
  if (outcome.kind === "later" || outcome.kind === "csrf") {
    one.tries += 1;
    one.next_at = Date.now() + Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.min(one.tries, 10)) * (0.5 + Math.random() / 2);
  }
  await store.saveItem(one);
  changed();
  return outcome.kind === "login" ? "login" : isLater ? "later" : "stopped";
}

/** @param {Item} one @param {any} body @returns {boolean} whether an answer is a receipt for this very thing */
const isReceipt = (one, body) => body?.client_id === one.id && typeof body?.received_at === "string";

const NO_RECEIPT = { kind: "later", status: 200, code: "no_receipt", detail: "" };

/** @param {Item} one @param {any} session @returns {Promise<any>} null when all is received, else the outcome */
async function sendReport(one, session) {
  if (!one.receipt) {
    const outcome = await post(one, session, "reports", one.body);
    if (outcome) return outcome;
  }
  const outcome = await sendPhotos(one, session, one.id);
  if (outcome?.code !== "field.report_missing") return outcome;
  one.receipt = null; // a server that was restored from before has lost it: the phone still has it
  return (await post(one, session, "reports", one.body)) ?? sendPhotos(one, session, one.id);
}

/** @param {Item} one @param {any} session @returns {Promise<any>} */
async function sendMove(one, session) {
  const body = () => ({ ...one.body, photos: one.photos.map(({ id }) => id) });
  const outcome = (await sendPhotos(one, session, null)) ?? (await post(one, session, "moves", body()));
  if (outcome?.code !== "field.photo_missing") return outcome;
  for (const photo of one.photos) photo.receipt = null; // taken away unused: they are sent again
  return (await sendPhotos(one, session, null)) ?? post(one, session, "moves", body());
}

/** @param {Item} one @param {any} session @param {string} door @param {any} body @returns {Promise<any>} */
async function post(one, session, door, body) {
  const json = { client_id: one.id, made_at: one.made_at, sent_at: new Date().toISOString(), ...body };
  const outcome = await call(`/api/v1/field/${door}`, { json, csrf: session.csrf });
  if (outcome.kind !== "ok") return outcome;
  if (!isReceipt(one, outcome.body)) return NO_RECEIPT;
  one.receipt = outcome.body;
  await store.saveItem(one);
  return null;
}

/** @param {Item} one @param {any} session @param {string|null} report @returns {Promise<any>} */
async function sendPhotos(one, session, report) {
  for (const mark of one.photos) {
    if (mark.receipt) continue;
    const file = await store.photo(mark.id);
    if (!file) return { kind: "refused", status: 0, code: "field.photo_lost", detail: "", photo: mark.id };
    const form = new FormData();
    form.set("client_id", mark.id);
    if (report) form.set("report", report);
    form.set("made_at", one.made_at);
    form.set("sent_at", new Date().toISOString());
    form.set("photo", new Blob([file.data], { type: file.type }), "photo.jpg");
    const outcome = await call("/api/v1/field/photos", { form, csrf: session.csrf });
    if (outcome.kind !== "ok") return { ...outcome, photo: mark.id };
    if (outcome.body.client_id !== mark.id) return NO_RECEIPT;
    mark.receipt = outcome.body;
    await store.saveItem(one);
  }
  return null;
}

/** @param {string} id @param {(one: Item) => void} change an item that needs a person goes on its way again */
export async function again(id, change = () => {}) {
  const one = await store.item(id);
  if (!one || one.state === "sent") return;
  change(one);
  Object.assign(one, { state: "waiting", next_at: 0, tries: 0, why: null });
  await store.saveItem(one);
  changed();
}
