/**
 * Changes as they happen, over one EventSource a page.
 *
 * subscribe(["cases"], (change) => …) · change = {channel, kind: "created" | "changed", id, bbox: [w, s, e, n] | null}
 * While the stream is down `onState` says "stale"; when it is back each subscriber hears `{kind: "resync"}` once.
 */

/** @typedef {{channel: string, kind: "created" | "changed" | "resync", id: number | null, bbox: number[] | null}} Change */

/** @type {Set<{channels: string[], act: (change: Change) => void}>} */
const subscribers = new Set();
/** @type {Set<(state: "live" | "stale" | "off") => void>} */
const watchers = new Set();
/** @type {EventSource | null} */
let source = null;
let opened = "";
let state = "off";
let wasStale = false;
let retry = 0;

/** @param {"live" | "stale" | "off"} next */
function setState(next) {
  if (state === next) return;
  state = next;
  for (const act of watchers) act(next);
}

function wanted() {
  return [...new Set([...subscribers].flatMap((one) => one.channels))].sort().join(",");
}

function open() {
  const channels = wanted();
  if (source && channels === opened && source.readyState !== EventSource.CLOSED) return;
  source?.close();
  source = null;
  opened = channels;
  if (!channels) return setState("off");
  source = new EventSource(`/live?channels=${encodeURIComponent(channels)}`);
  source.addEventListener("open", onOpen);
  source.addEventListener("change", onChange);
  source.addEventListener("resync", resync);
  source.addEventListener("error", onError);
}

function onOpen() {
  retry = 0;
  setState("live");
  if (wasStale) resync();
  wasStale = false;
}

function onError() {
  wasStale = true;
  setState("stale");
  if (source?.readyState === EventSource.CLOSED) {
    const wait_ms = Math.min(30000, 1000 * 2 ** retry++) * (0.5 + Math.random() / 2);
    setTimeout(open, wait_ms);
  }
}

/** @param {MessageEvent} event */
function onChange(event) {
  const change = JSON.parse(event.data);
  for (const one of subscribers) if (one.channels.includes(change.channel)) one.act(change);
}

function resync() {
  for (const one of subscribers) one.act({ channel: one.channels[0], kind: "resync", id: null, bbox: null });
}

/**
 * @param {string[]} channels for example ["cases", "events"]
 * @param {(change: Change) => void} act
 * @returns {() => void} ends the subscription
 */
export function subscribe(channels, act) {
  const one = { channels, act };
  subscribers.add(one);
  queueMicrotask(open);
  return () => {
    subscribers.delete(one);
    queueMicrotask(open);
  };
}

/** @param {(state: "live" | "stale" | "off") => void} act told at once, and at each change */
export function onState(act) {
  watchers.add(act);
  act(/** @type {"live" | "stale" | "off"} */ (state));
  return () => watchers.delete(act);
}

addEventListener("online", open);
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", (event) => event.persisted && open());
