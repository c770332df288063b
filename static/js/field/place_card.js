/**
 * The place: the phone's own, on a small map where the pin can be moved; typed coordinates or an address; a photo's.
 * @module city/field/place_card
 */
import { fill, h } from "city/map/dom.js";
import { degrees, distance, worded } from "city/map/format.js";
import { t } from "words";
import { here, metres, onFix, whyNot } from "city/field/here.js";
import { MiniMap } from "city/field/minimap.js";
import { call } from "city/field/net.js";
import { taken } from "city/field/session.js";

/** @typedef {{lon: number, lat: number, accuracy_m: number|null, located_by: "gnss"|"map"|"address", byHand: boolean}} Spot */
const TYPED = /^\s*(-?\d+(?:\.\d+)?)\s*[,，\s]\s*(-?\d+(?:\.\d+)?)\s*$/;

export class PlaceCard {
  /** @param {HTMLElement} root @param {() => void} changed */
  constructor(root, changed) {
    /** @type {Spot|null} */
    this.value = null;
    this.changed = changed;
    this.words = h("p", { class: "place-words", role: "status" });
    this.offered = h("div");
    const box = h("div", { class: "field-map" }, h("p", { class: "hint" }, t("Looking for your place…")));
    this.box = box;
    this.map = new MiniMap(box, { moved: (lon, lat) => this.#put({ lon, lat, accuracy_m: null, located_by: "map", byHand: true }) });
    this.input = /** @type {HTMLInputElement} */ (h("input", { type: "search", id: "field-where", autocomplete: "off", placeholder: "121.4712, 31.2304" }));
    this.found = h("ul", { class: "field-list" });
    const form = h("form", { class: "field", onsubmit: (/** @type {Event} */ event) => (event.preventDefault(), this.#typed()) },
      h("label", { for: "field-where" }, t("Longitude, latitude; or an address")), this.input, h("button", {}, t("Find")), this.found);
    this.back = h("button", { type: "button", hidden: true, onclick: () => this.clear() }, t("Where I am"));
    fill(root, box, this.words, this.offered, h("div", { class: "acts" }, this.back), h("details", {}, h("summary", {}, t("Type the place")), form));
    onFix(() => this.#fixed());
    queueMicrotask(() => this.#fixed()); // once the other cards stand
  }

  #fixed() {
    const fix = here();
    if (this.value?.byHand) return;
    if (fix) this.#put({ lon: fix.lon, lat: fix.lat, accuracy_m: fix.accuracy_m, located_by: "gnss", byHand: false });
    else if (whyNot()) this.words.textContent = whyNot() === "denied" ? t("This phone may not tell its place: type it, or allow it in the browser's settings.") : t("No place from the receiver: type it.");
  }

  /** @param {Spot} spot */
  #put(spot) {
    this.value = spot;
    if (this.box.firstElementChild?.tagName === "P") this.box.firstElementChild.remove();
    this.map.show([spot.lon, spot.lat], spot.accuracy_m);
    const how = { gnss: t("receiver"), map: t("set by hand"), address: t("address") }[spot.located_by];
    const accuracy = spot.accuracy_m === null ? "" : ` · ±${distance(spot.accuracy_m)}`;
    this.words.textContent = `${degrees(spot.lon, spot.lat)} · ${how}${accuracy}`;
    this.back.hidden = !spot.byHand || !here();
    this.changed();
  }

  /** @param {Spot} spot from a draft */
  set(spot) {
    this.#put(spot);
  }

  clear() {
    this.value = null;
    fill(this.offered);
    this.#fixed();
  }

  /** @param {[number, number]} spot that a photo was taken at: offered, never taken unasked */
  offer([lon, lat]) {
    const away = this.value ? metres([this.value.lon, this.value.lat], [lon, lat]) : null;
    if (away !== null && away < 5) return;
    const words = away === null ? t("The photo knows its place.") : t("The photo was taken {far} away.", { far: distance(away) });
    const use = () => {
      fill(this.offered);
      this.#put({ lon, lat, accuracy_m: null, located_by: "map", byHand: true });
    };
    fill(this.offered, h("div", { class: "note switch" }, h("span", {}, words), h("button", { type: "button", onclick: use }, t("Use its place"))));
  }

  async #typed() {
    const typed = TYPED.exec(this.input.value);
    if (typed) return this.#put({ lon: Number(typed[1]), lat: Number(typed[2]), accuracy_m: null, located_by: "map", byHand: true });
    const answer = await call(`/api/v1/places/search?q=${encodeURIComponent(this.input.value)}`);
    if (answer.kind !== "ok") return fill(this.found, h("li", { class: "hint" }, t("Addresses are looked up on the server: type coordinates, or move the pin.")));
    const items = (answer.body.items ?? []).filter((/** @type {any} */ one) => Number.isFinite(one.lon));
    fill(this.found, ...items.slice(0, 6).map((/** @type {any} */ one) => h("li", {}, h("button", {
      type: "button", class: "wide", onclick: () => this.#put({ lon: one.lon, lat: one.lat, accuracy_m: null, located_by: "address", byHand: true }),
    }, worded(one)))), items.length ? null : h("li", { class: "hint" }, t("No address is called so.")));
  }
}

/** @returns {[number, number]|null} where to begin looking: here, else around what was taken along */
export function somewhere() {
  const fix = here();
  return fix ? [fix.lon, fix.lat] : (taken()?.near.at ?? null);
}
