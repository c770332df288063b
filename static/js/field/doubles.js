/**
 * Open cases of the same class near the place: is it reported already? From the server, else from what was taken along.
 * @module city/field/doubles
 */
import { fill, h } from "city/map/dom.js";
import { clock, distance } from "city/map/format.js";
import { t } from "words";
import { call } from "city/field/net.js";
import { metres } from "city/field/here.js";
import { taken } from "city/field/session.js";
import { FLOW, className, placeName } from "city/field/words.js";

const RADIUS_M = 100;
const WAIT_MS = 400;

export class Doubles {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.asked = "";
    this.timer = 0;
  }

  /** @param {{id: number}|null} kind @param {{lon: number, lat: number}|null} place */
  look(kind, place) {
    const key = kind && place ? `${kind.id} ${place.lon.toFixed(4)} ${place.lat.toFixed(4)}` : "";
    if (key === this.asked) return;
    this.asked = key;
    clearTimeout(this.timer);
    if (!kind || !place) return fill(this.root);
    this.timer = setTimeout(() => this.#ask(key, kind, place), WAIT_MS);
  }

  /** @param {string} key @param {{id: number}} kind @param {{lon: number, lat: number}} place */
  async #ask(key, kind, place) {
    const query = new URLSearchParams({ lon: place.lon.toFixed(6), lat: place.lat.toFixed(6), class_id: String(kind.id), radius_m: String(RADIUS_M) });
    const answer = await call(`/api/v1/cases/near?${query}`);
    if (key !== this.asked) return;
    if (answer.kind === "ok") return this.#show(answer.body.items, null);
    const snapshot = taken();
    const near = (snapshot?.near.cases ?? [])
      .filter((/** @type {any} */ one) => one.class.id === kind.id)
      .map((/** @type {any} */ one) => ({ ...one, distance_m: metres([place.lon, place.lat], [one.lon, one.lat]) }))
      .filter((/** @type {any} */ one) => one.distance_m <= RADIUS_M);
    this.#show(near, snapshot?.as_of ?? null);
  }

  /** @param {any[]} found @param {string|null} asOf */
  #show(found, asOf) {
    if (!found.length) return fill(this.root);
    fill(this.root, h("div", { class: "note" },
      h("strong", {}, t("Perhaps reported already")), asOf ? h("span", { class: "hint" }, " ", t("as of {time}", { time: clock(new Date(asOf)) })) : null,
      h("ul", { class: "field-list" }, ...found.slice(0, 5).map((one) => h("li", {}, h("a", { href: one.url, target: "_blank" },
        h("span", {}, `${className(one)} · ${FLOW.states[one.status] ?? one.status}`), h("span", { class: "number" }, distance(one.distance_m)),
        h("span", { class: "hint" }, one.description || placeName(one))))))));
  }
}
