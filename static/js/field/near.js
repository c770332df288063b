/**
 * Near me: open cases and components, on a small map and in a list with distances, as of when they were taken along.
 * @module city/field/near
 */
import { fill, h } from "city/map/dom.js";
import { clock, distance, named } from "city/map/format.js";
import { t } from "words";
import { here, metres, onFix } from "city/field/here.js";
import { MiniMap, dot } from "city/field/minimap.js";
import { somewhere } from "city/field/place_card.js";
import { onSession, taken } from "city/field/session.js";
import { FLOW, className, placeName } from "city/field/words.js";

const SHOWN = 60;

export class Near {
  /** @param {HTMLElement} root */
  constructor(root) {
    const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (root.querySelector(`[data-part=${name}]`));
    this.root = root;
    this.map = new MiniMap(part("map"));
    this.list = part("list");
    this.asOf = part("as-of");
    this.what = "cases";
    for (const button of root.querySelectorAll("[data-what]")) {
      button.addEventListener("click", () => {
        this.what = /** @type {HTMLElement} */ (button).dataset.what ?? "cases";
        for (const one of root.querySelectorAll("[data-what]")) one.setAttribute("aria-pressed", String(one === button));
        this.show();
      });
    }
    onSession(() => this.show());
    onFix(() => this.show());
  }

  async show() {
    if (this.root.hidden) return;
    const snapshot = taken();
    const at = somewhere();
    this.asOf.textContent = snapshot ? t("as of {time}", { time: clock(new Date(snapshot.as_of)) }) : "";
    const found = (snapshot?.near[this.what] ?? []).map((/** @type {any} */ one) => ({ ...one, far: at ? metres(at, [one.lon, one.lat]) : one.distance_m }));
    found.sort((/** @type {any} */ one, /** @type {any} */ other) => one.far - other.far);
    fill(this.list, ...found.slice(0, SHOWN).map((/** @type {any} */ one) => this.#line(one)));
    if (!found.length) fill(this.list, h("li", { class: "empty" }, snapshot ? t("Nothing near here was taken along.") : t("Nothing is on this phone yet: open this page once with a network.")));
    if (!at) return;
    await this.map.show(at, here()?.accuracy_m ?? null);
    this.map.put("around", [...found.map((/** @type {any} */ one) => dot(one, this.what === "cases" ? "case" : "component")), dot({ lon: at[0], lat: at[1] }, "me")]);
  }

  /** @param {any} one */
  #line(one) {
    const isCase = this.what === "cases";
    const href = isCase ? one.url : `/components/${encodeURIComponent(one.code)}`;
    const state = isCase ? (FLOW.states[one.status] ?? "") : one.code;
    return h("li", {}, h("a", { href, target: "_blank" }, h("span", {}, `${className(one)}${named(one) ? ` · ${named(one)}` : ""}`), h("span", { class: "number" }, distance(one.far)),
      h("span", { class: "hint" }, [state, one.description || placeName(one)].filter(Boolean).join(" · "))));
  }
}
