/**
 * The class: often chosen ones as chips, all by search in name, code or major; from what was taken along.
 * @module city/field/class_card
 */
import { fill, h } from "city/map/dom.js";
import { named } from "city/map/format.js";
import { t } from "words";
import { taken } from "city/field/session.js";

const CHIPS = 8;
const FOUND = 12;
const USUAL = ["0118", "0101", "0102", "0201", "0202"]; // before anything was chosen here

export class ClassCard {
  /** @param {HTMLElement} root @param {() => void} changed */
  constructor(root, changed) {
    this.root = root;
    this.changed = changed;
    /** @type {any} */
    this.value = null;
    this.wanted = 0;
    this.found = h("ul", { class: "field-list" });
    this.chips = h("div", { class: "chips" });
    this.search = /** @type {HTMLInputElement} */ (h("input", {
      type: "search", autocomplete: "off", placeholder: t("Name, pinyin or code"), "aria-label": t("Find a class"), oninput: () => this.#find(),
    }));
    this.refresh();
  }

  refresh() {
    if (this.wanted && !this.value) this.choose(this.wanted);
    if (!this.search.value) this.#show();
  }

  /** @returns {any[]} */
  get #all() {
    return taken()?.classes ?? [];
  }

  #show() {
    if (this.value) {
      const one = this.value;
      fill(this.root, h("div", { class: "line switch" }, h("strong", {}, named(one)), h("button", { type: "button", onclick: () => this.clear(true) }, t("Change"))),
        h("span", { class: "hint" }, `${one.code} · ${named({ name_zh: one.major_zh, name_en: one.major_en })}`));
      return;
    }
    const by = new Map(this.#all.map((one) => [one.id, one]));
    const often = (taken()?.often ?? []).map((/** @type {number} */ id) => by.get(id)).filter(Boolean);
    const usual = this.#all.filter((one) => USUAL.includes(one.code) && !often.includes(one));
    const offered = [...often, ...usual, ...this.#all.filter((one) => !often.includes(one) && !usual.includes(one))].slice(0, CHIPS);
    fill(this.chips, ...offered.map((one) => h("button", { type: "button", class: "chip", onclick: () => this.choose(one.id) }, named(one))));
    fill(this.root, this.chips, this.search, this.found);
    if (!offered.length) fill(this.chips, h("p", { class: "hint" }, t("The classes are not on this phone yet: open this page once with a network.")));
  }

  #find() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (/** @type {any} */ one) => `${one.code} ${one.search ?? ""} ${one.name_zh} ${one.name_en} ${one.major_zh} ${one.major_en}`.toLowerCase();
    const found = words.length ? this.#all.filter((one) => words.every((word) => text(one).includes(word))).slice(0, FOUND) : [];
    fill(this.found, ...found.map((one) => h("li", {}, h("button", { type: "button", class: "wide", onclick: () => this.choose(one.id) },
      `${named(one)} · ${one.code}`))), words.length && !found.length ? h("li", { class: "hint" }, t("No class is called so.")) : null);
  }

  /** @param {number} id */
  choose(id) {
    this.wanted = id;
    this.value = this.#all.find((one) => one.id === id) ?? null;
    if (!this.value) return;
    this.search.value = "";
    fill(this.found);
    this.#show();
    this.changed();
  }

  /** @param {boolean} [byHand] */
  clear(byHand = false) {
    this.wanted = 0;
    this.value = null;
    this.#show();
    if (byHand) this.changed();
  }
}
