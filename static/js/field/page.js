/**
 * The phone page: four doors, one line that always says what waits, and a sender that never rests for long.
 * @module city/field/page
 */
import { clock } from "city/map/format.js";
import { t, tn } from "words";
import { here, onFix } from "city/field/here.js";
import { Log } from "city/field/log.js";
import { Me } from "city/field/me.js";
import { Near } from "city/field/near.js";
import { drain, onChange } from "city/field/queue.js";
import { fromPhone, greet, me, onSession, refresh, taken } from "city/field/session.js";
import * as store from "city/field/store.js";
import { Tasks } from "city/field/tasks.js";

const EVERY_MS = 15_000;
const FRESH_MS = 3 * 60_000;

/** @param {HTMLElement} root */
export async function mount(root) {
  const section = (/** @type {string} */ name) => /** @type {HTMLElement} */ (root.querySelector(`[data-door=${name}]`));
  const near = new Near(section("near"));
  const badge = /** @type {HTMLElement} */ (root.querySelector("[data-part=task-count]"));
  doors(root, () => near.show());
  await fromPhone().catch(() => {});
  new Log(section("log"), send);
  new Tasks(section("tasks"), send, (n) => {
    badge.hidden = !n;
    badge.textContent = String(n);
  });
  new Me(section("me"), send);
  const bar = new SyncBar(/** @type {HTMLElement} */ (root.querySelector(".sync")));
  onChange(() => bar.show());
  onSession(() => bar.show());
  await bar.show();
  await worker();
  navigator.storage?.persist?.().catch(() => {});
  wakeUps();
  look(); // not waited for: a full queue takes its time
}

let asking = false;
let takenAt = 0;

/** Who are we, what is new, and is there something to send? */
async function look() {
  if (asking) return;
  asking = true;
  try {
    const answer = await greet();
    await store.keep("link", { outcome: answer === "ok" ? "done" : answer, at: Date.now() });
    if (answer === "ok") {
      await drain();
      if (Date.now() - takenAt > FRESH_MS && (await refresh(here()))) takenAt = Date.now();
    }
  } finally {
    asking = false;
    (await bars()).forEach((one) => one.show());
  }
}

/** @type {Set<SyncBar>} */
const shown = new Set();
const bars = async () => shown;

/** Something new lies in the queue, or a person asked to try now. */
export async function send() {
  const outcome = await drain({ now: true });
  if (outcome === "done") takenAt = 0;
  else await registerSync();
  look();
}

/** The browser sends by itself once there is a network, also when this page is closed, where it can. */
async function registerSync() {
  try {
    const registration = await navigator.serviceWorker?.ready;
    await /** @type {any} */ (registration)?.sync?.register("field-send");
  } catch {
    /* not here: the page's own clock sends */
  }
}

function wakeUps() {
  addEventListener("online", () => drain({ now: true }).then(look));
  addEventListener("offline", () => store.keep("link", { outcome: "later", at: Date.now() }).then(() => shown.forEach((one) => one.show())));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
  setInterval(look, EVERY_MS);
  let first = true;
  onFix(() => {
    if (first && here()) {
      first = false;
      takenAt = 0;
      look();
    }
  });
}

async function worker() {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("/field/worker.js", { scope: "/field", type: "module", updateViaCache: "none" });
  } catch (error) {
    console.warn("no worker here:", error);
  }
}

/** @param {HTMLElement} root @param {() => void} after */
function doors(root, after) {
  const buttons = [...root.querySelectorAll(".doors button")];
  const open = (/** @type {string} */ name) => {
    for (const one of root.querySelectorAll("[data-door]")) /** @type {HTMLElement} */ (one).hidden = /** @type {HTMLElement} */ (one).dataset.door !== name;
    for (const one of buttons) one.toggleAttribute("aria-current", /** @type {HTMLElement} */ (one).dataset.to === name);
    for (const one of buttons) if (one.hasAttribute("aria-current")) one.setAttribute("aria-current", "page");
    /** @type {HTMLElement} */ (root.querySelector(".field-main")).scrollTop = 0;
    after();
  };
  const asked = () => open(buttons.some((one) => `#${/** @type {HTMLElement} */ (one).dataset.to}` === location.hash) ? location.hash.slice(1) : "log");
  for (const one of buttons) one.addEventListener("click", () => (location.hash = /** @type {HTMLElement} */ (one).dataset.to ?? "log"));
  root.querySelector(".sync-words")?.addEventListener("click", () => (location.hash = "me"));
  addEventListener("hashchange", asked);
  asked();
}

class SyncBar {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.words = /** @type {HTMLElement} */ (root.querySelector(".sync-words"));
    this.login = /** @type {HTMLElement} */ (root.querySelector("[data-part=login]"));
    shown.add(this);
  }

  async show() {
    const mine = await store.items(me()?.account_id ?? 0);
    const others = (await store.allItems()).filter((one) => one.account !== me()?.account_id && one.state !== "sent").length;
    const waiting = mine.filter((one) => ["waiting", "sending"].includes(one.state)).length;
    const stuck = mine.filter((one) => ["conflict", "refused"].includes(one.state)).length;
    const link = await store.kept("link");
    const last = await store.kept("last");
    const isOff = !navigator.onLine || link?.outcome === "later";
    const mustLogIn = link?.outcome === "login" && navigator.onLine;
    this.root.dataset.state = mustLogIn ? "login" : stuck ? "needs" : isOff ? "offline" : waiting ? "waiting" : "sent";
    this.login.hidden = !mustLogIn;
    this.words.textContent = [
      isOff ? t("Offline") : "",
      stuck ? tn("{n} needs you", "{n} need you", stuck) : "",
      waiting ? tn("{n} waiting", "{n} waiting", waiting) : "",
      others ? tn("{n} of another account", "{n} of other accounts", others) : "",
      last ? t("last sent {time}", { time: clock(new Date(last.at)) }) : waiting || stuck ? "" : t("nothing to send"),
      isOff && taken() ? t("as of {time}", { time: clock(new Date(taken().as_of)) }) : "",
    ].filter(Boolean).join(", ");
  }
}
