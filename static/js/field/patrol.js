/**
 * Recording a patrol: with consent only, while it is on; points wait on the phone like everything else.
 * @module city/field/patrol
 */
import { fill, h } from "city/map/dom.js";
import { clock } from "city/map/format.js";
import { t, tn } from "words";
import { ask, here, metres, onFix } from "city/field/here.js";
import { newId } from "city/field/queue.js";
import { said } from "city/field/said.js";
import { ask as askServer, greet, me, onSession, taken } from "city/field/session.js";
import * as store from "city/field/store.js";

const EVERY_MS = 10_000;
const STEP_M = 8;

export class PatrolCard {
  /** @param {HTMLElement} root @param {() => void} send */
  constructor(root, send) {
    this.root = root;
    this.send = send;
    /** @type {any} */
    this.patrol = null;
    /** @type {{lon: number, lat: number, at: number}|null} */
    this.last = null;
    this.account = 0;
    /** @type {any} */
    this.wake = null;
    onSession(() => this.#begin());
    onFix(() => this.#point());
    this.#begin();
  }

  async #begin() {
    const account = me()?.account_id ?? 0;
    if (account !== this.account) {
      this.account = account;
      this.patrol = (await store.patrols(account)).find((one) => !one.ended_at) ?? null; // goes on after a killed browser
    }
    this.#show();
  }

  #show() {
    this.root.hidden = !me()?.may_patrol;
    this.root.classList.toggle("field-walking", Boolean(this.patrol));
    const cells = taken()?.cells;
    const walked = cells ? h("p", { class: "hint" }, cells.assigned
      ? t("{walked} of {all} cells walked in {days} days.", { walked: cells.patrolled, all: cells.assigned, days: cells.days })
      : t("No cell is assigned to you.")) : null;
    if (me()?.consent) fill(this.root, h("h2", {}, t("Patrol")), this.#state(), walked, this.#button(), this.#withdraw());
    else fill(this.root, h("h2", {}, t("Patrol")), h("p", {}, t("While you patrol, this phone can record where you walk. It shows which cells are walked. Your track is seen by you and, with a record of each look, by the duty chief of your area. You can take this back at any time.")),
      h("button", { type: "button", class: "wide", onclick: () => this.#say(true) }, t("I agree to be recorded while I patrol")));
  }

  #state() {
    if (!this.patrol) return null;
    return h("p", { role: "status" }, t("Recording since {time}", { time: clock(new Date(this.patrol.started_at)) }), " · ", tn("{n} point", "{n} points", this.patrol.next));
  }

  #button() {
    return this.patrol
      ? h("button", { type: "button", class: "wide", onclick: () => this.#end() }, t("End the patrol"))
      : h("button", { type: "button", class: "primary wide", onclick: () => this.#start() }, t("Start a patrol"));
  }

  #withdraw() {
    return h("button", { type: "button", class: "quiet wide", onclick: () => this.#say(false) }, t("Take back my consent"));
  }

  /** @param {boolean} given */
  async #say(given) {
    if (!given && this.patrol) await this.#end();
    const answer = await askServer("/api/v1/field/consent", { given });
    if (answer.kind !== "ok") return said(t("This needs a network: nothing has changed yet."), true);
    await greet();
  }

  async #start() {
    this.patrol = { id: newId(), account: this.account, started_at: new Date().toISOString(), ended_at: null, next: 0 };
    this.last = null;
    await store.savePatrol(this.patrol);
    this.#stayAwake();
    this.#show();
    ask(); // the first point is of now, not of before the patrol
  }

  async #end() {
    if (!this.patrol) return;
    await store.savePatrol({ ...this.patrol, ended_at: new Date().toISOString() });
    this.patrol = null;
    await this.wake?.release?.();
    this.wake = null;
    this.#show();
    this.send();
  }

  /** The screen stays on while walking, where the browser lets us: it stops the receiver otherwise. */
  async #stayAwake() {
    try {
      this.wake = await /** @type {any} */ (navigator).wakeLock?.request("screen");
    } catch {
      this.wake = null;
    }
  }

  async #point() {
    const fix = here();
    const patrol = this.patrol;
    if (!patrol || !fix || fix.at < Date.parse(patrol.started_at)) return;
    const isSoon = this.last && fix.at - this.last.at < EVERY_MS && metres([this.last.lon, this.last.lat], [fix.lon, fix.lat]) < STEP_M;
    if (isSoon || this.last?.at === fix.at) return;
    this.last = fix;
    const number = patrol.next;
    patrol.next += 1;
    await store.write(["points", "patrols"], ({ points, patrols }) => {
      points.put({ patrol: patrol.id, number, at: new Date(fix.at).toISOString(), lon: fix.lon, lat: fix.lat, accuracy_m: fix.accuracy_m });
      patrols.put(patrol);
    });
    this.#show();
  }
}
