/**
 * Choosing an area: step down the levels, or type a part of its name or code.
 * @module city/map/area_picker
 */
import { getJSON } from "http";
import { t } from "words";
import { fill, h } from "city/map/dom.js";
import { named } from "city/map/format.js";

/** @typedef {{code: string, level: string, parent_code: string|null, name_zh: string, name_en: string, bbox?: number[]}} Area */

const SHOWN = 60;

export class AreaPicker {
  /** @param {import("city/map/store.js").Side} store */
  constructor(store) {
    this.store = store;
    /** @type {Promise<Area[]>|null} */
    this.loading = null;
    /** @type {Area[]} */
    this.all = [];
    if (store.state.area) this.load();
  }

  words() {
    const { area } = this.store.state;
    if (!area) return t("All areas");
    const found = this.all.find((one) => one.code === area);
    return found ? named(found) : area;
  }

  /** @param {() => void} done */
  element(done) {
    const list = h("div", { class: "menu-list" }, h("p", { class: "hint" }, t("Reading the areas …")));
    const search = h("input", {
      type: "search",
      class: "input",
      placeholder: t("Name or code"),
      "aria-label": t("Find an area"),
    });
    const show = () => this.#show(list, /** @type {HTMLInputElement} */ (search).value.trim().toLowerCase(), done);
    search.addEventListener("input", show);
    this.load().then(show, () => fill(list, h("p", { class: "hint" }, t("The areas could not be read."))));
    return h("div", {}, search, list);
  }

  /** @returns {Promise<Area[]>} */
  load() {
    this.loading ??= getJSON("/api/v1/areas").then((page) => {
      this.all = page.items;
      const chip = document.querySelector('[data-chip="area"] > span');
      if (chip) chip.textContent = this.words();
      return this.all;
    });
    return this.loading;
  }

  /**
   * @param {HTMLElement} list
   * @param {string} q
   * @param {() => void} done
   */
  #show(list, q, done) {
    const { area } = this.store.state;
    const here = this.all.find((one) => one.code === area);
    const children = this.all.filter((one) =>
      area ? one.parent_code === area : !this.all.some((other) => other.code === one.parent_code),
    );
    const first =
      !area && children.length === 1
        ? [...children, ...this.all.filter((one) => one.parent_code === children[0].code)]
        : children;
    const siblings = this.all.filter((one) => here && one.parent_code === here.parent_code);
    const found = q
      ? this.all.filter((one) => `${one.name_zh} ${one.name_en} ${one.code}`.toLowerCase().includes(q))
      : first.length
        ? first
        : siblings;
    const pick = (/** @type {string} */ code) => () => {
      done();
      this.store.set({ area: code });
    };
    const up = here && this.all.find((one) => one.code === here.parent_code);
    fill(
      list,
      area ? h("button", { type: "button", class: "menu-item", onclick: pick("") }, t("All areas")) : null,
      up
        ? h(
            "button",
            { type: "button", class: "menu-item", onclick: pick(up.code) },
            t("Up to {area}", { area: named(up) }),
          )
        : null,
      ...found.slice(0, SHOWN).map((one) =>
        h(
          "button",
          {
            type: "button",
            class: "menu-item",
            "aria-current": one.code === area ? "true" : null,
            onclick: pick(one.code),
          },
          h("span", {}, named(one)),
          h("span", { class: "code" }, one.code),
        ),
      ),
      found.length > SHOWN
        ? h("p", { class: "hint" }, t("{n} more: type a part of the name.", { n: found.length - SHOWN }))
        : null,
      found.length === 0 ? h("p", { class: "hint" }, t("No area is called so.")) : null,
    );
  }
}
