/**
 * Me: what waits and what became of it, the patrol, the phone's storage, what was dropped and why, the way out.
 * @module city/field/me
 */
import { fill, h } from "city/map/dom.js";
import { exact, named } from "city/map/format.js";
import { t, tn } from "words";
import { showConflict } from "city/field/conflict.js";
import { PatrolCard } from "city/field/patrol.js";
import { again, changed, onChange } from "city/field/queue.js";
import { me, onSession, token } from "city/field/session.js";
import * as store from "city/field/store.js";
import { megabytes, stateWords, whyWords } from "city/field/words.js";

/** @typedef {import("./store.js").Item} Item */
const SHOWN = 40;

export class Me {
  /** @param {HTMLElement} root @param {() => void} send */
  constructor(root, send) {
    const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (root.querySelector(`[data-part=${name}]`));
    this.root = root;
    this.send = send;
    this.open = "";
    [this.who, this.queue, this.log, this.storage] = ["who", "queue", "dropped", "storage"].map(part);
    this.patrol = new PatrolCard(part("patrol"), send);
    part("now").addEventListener("click", send);
    /** @type {HTMLFormElement} */ (part("out")).addEventListener("submit", (event) => leave(event));
    onChange(() => this.show());
    onSession(() => this.show());
  }

  async show() {
    const account = me()?.account_id ?? 0;
    this.who.textContent = me()?.name ?? "";
    const mine = await store.items(account);
    if (!this.open || !mine.some((one) => one.id === this.open && one.state !== "sent")) {
      this.open = "";
      const needy = (/** @type {Item} */ one) => ["conflict", "refused"].includes(one.state);
      const order = [...mine.filter(needy), ...mine.filter((one) => !needy(one) && one.state !== "sent"), ...mine.filter((one) => one.state === "sent").reverse()];
      fill(this.queue, ...order.slice(0, SHOWN).map((one) => this.#line(one)));
      if (order.length > SHOWN) this.queue.append(h("li", { class: "hint" }, tn("{n} more", "{n} more", order.length - SHOWN)));
      if (!order.length) fill(this.queue, h("li", { class: "hint" }, t("Nothing waits.")));
    }
    const gone = await store.dropped(account);
    fill(this.log, ...gone.reverse().slice(0, SHOWN).map((one) => h("li", {}, h("div", { class: "line" },
      h("span", {}, title(one)), h("span", { class: "hint" }, exact(one.dropped_at)), h("span", { class: "hint" }, one.reason)))));
    /** @type {HTMLElement} */ (this.log.parentElement).hidden = !gone.length;
    await this.#storage();
  }

  async #storage() {
    const told = await navigator.storage?.estimate?.().catch(() => null);
    const safe = await navigator.storage?.persisted?.().catch(() => false);
    const left = told?.quota ? told.quota - (told.usage ?? 0) : null;
    this.storage.textContent = [
      left === null ? "" : t("Room left on this phone: {n} MB.", { n: megabytes(left) }),
      safe ? t("The browser promised to keep what waits.") : t("The browser may clear what waits if the phone runs full: install this page to prevent it."),
      left !== null && left < 50e6 ? t("The phone is nearly full: send what waits before you take more photos.") : "",
    ].filter(Boolean).join(" ");
  }

  /** @param {Item} one */
  #line(one) {
    const body = h("div", { class: "grow" });
    const isStuck = ["conflict", "refused"].includes(one.state);
    const look = () => {
      this.open = one.id;
      if (one.state === "conflict") showConflict(one, body, () => this.#go(), () => this.#dropping(one));
      else fill(body, h("p", { class: "alert" }, whyWords(one)), this.#refused(one), this.#dropping(one));
    };
    if (isStuck) body.append(h("button", { type: "button", class: "wide", onclick: look }, t("Look at it")));
    return h("li", { class: "field-card", dataset: { item: one.id } },
      h("header", {}, h("strong", {}, title(one)), h("span", { class: "state", dataset: { state: one.state } }, stateWords(one.state))),
      h("span", { class: "hint" }, [exact(one.made_at), one.receipt?.number ?? one.body.number, one.photos.length ? tn("{n} photo", "{n} photos", one.photos.length) : "",
        one.state === "sent" ? "" : whyWords(one)].filter(Boolean).join(" · ")), isStuck ? body : null);
  }

  /** @param {Item} one */
  #refused(one) {
    const photo = one.photos.find(({ id }) => id === one.why?.photo);
    return h("div", { class: "acts" },
      h("button", { type: "button", onclick: () => again(one.id).then(() => this.#go()) }, t("Try again")),
      photo ? h("button", { type: "button", onclick: () => store.dropPhoto(one, photo, one.why.detail || one.why.code).then(() => this.#go()) }, t("Send it without this photo")) : null);
  }

  #go() {
    this.open = "";
    changed();
    this.send();
  }

  /** @param {Item} one a thing leaves the queue by hand only with a reason, which stays in the log */
  #dropping(one) {
    const reason = /** @type {HTMLInputElement} */ (h("input", { type: "text", id: `why-${one.id}`, required: true }));
    const drop = async (/** @type {Event} */ event) => {
      event.preventDefault();
      if (!reason.value.trim()) return reason.focus();
      await store.drop(one, reason.value.trim());
      this.#go();
    };
    return h("form", { class: "field", onsubmit: drop }, h("label", { for: reason.id }, t("Drop mine, because")), reason, h("button", { class: "danger" }, t("Drop it")));
  }
}

/** @param {any} one */
const title = (one) => [one.label?.act, named(one.label?.class ?? {})].filter(Boolean).join(" · ");

/** Log-out wipes what was read; what waits stays with who made it. @param {SubmitEvent} event */
async function leave(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  await store.wipe();
  navigator.serviceWorker?.controller?.postMessage("wipe");
  /** @type {HTMLInputElement} */ (form.elements.namedItem("csrf_token")).value = token();
  form.submit();
}
