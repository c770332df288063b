/**
 * Find an address or place by typing: a combobox over `/api/v1/places/search`.
 * @module city/map/finder
 */
import { getJSON } from "http";
import { t } from "words";
import { fill, h } from "city/map/dom.js";
import { worded } from "city/map/format.js";

const WAIT_MS = 160;

/** @typedef {{kind: string, id: number, text: string, text_zh?: string, text_en?: string, lon: number, lat: number, area_code?: string, area?: string|null, bbox?: number[]}} Found */

/** @returns {Record<string, string>} words for what was found */
const kinds = () => ({ address: t("Address"), area: t("Area"), road: t("Road"), cell: t("Unit cell") });

export class Finder {
  /**
   * @param {HTMLInputElement} input
   * @param {HTMLElement} list
   * @param {{choose: (found: Found) => void, near: () => {lng: number, lat: number}}} hooks
   */
  constructor(input, list, hooks) {
    this.input = input;
    this.list = list;
    this.hooks = hooks;
    /** @type {Found[]} */
    this.items = [];
    this.at = -1;
    input.addEventListener("input", () => this.#type());
    input.addEventListener("keydown", (event) => this.#key(event));
    input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
  }

  close() {
    this.list.hidden = true;
    this.at = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  #type() {
    clearTimeout(this.timer);
    this.abort?.abort();
    const q = this.input.value.trim();
    if (!q) return this.close();
    this.timer = setTimeout(() => this.#look(q), WAIT_MS);
    return undefined;
  }

  /** @param {string} q */
  async #look(q) {
    this.abort = new AbortController();
    const { lng, lat } = this.hooks.near();
    try {
      const page = await getJSON(
        "/api/v1/places/search",
        { q, limit: 8, lon: lng.toFixed(5), lat: lat.toFixed(5) },
        this.abort.signal,
      );
      this.items = page.items;
      this.#show(t("Nothing is called so. Try a part of the name or the house number."));
    } catch (error) {
      if (/** @type {Error} */ (error).name === "AbortError") return;
      this.items = [];
      this.#show(t("The search does not answer just now."));
    }
  }

  /** @param {string} nothing said when there is nothing to show */
  #show(nothing) {
    this.at = -1;
    const words = kinds();
    const options = this.items.map((one, index) =>
      h(
        "li",
        {
          role: "option",
          id: `${this.list.id}-${index}`,
          "aria-selected": "false",
          onpointerdown: (/** @type {Event} */ event) => {
            event.preventDefault();
            this.#choose(index);
          },
        },
        h("span", {}, worded(one)),
        h("span", { class: "hint" }, (one.kind === "address" && one.area) || (words[one.kind] ?? one.kind)),
      ),
    );
    fill(
      this.list,
      ...(options.length
        ? options
        : [h("li", { class: "hint", role: "option", "aria-disabled": "true", "aria-selected": "false" }, nothing)]),
    );
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Escape" && !this.list.hidden) {
      event.stopPropagation();
      event.preventDefault();
      this.close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.#move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (this.items.length && !this.list.hidden) this.#choose(Math.max(0, this.at));
    }
  }

  /** @param {number} by */
  #move(by) {
    if (!this.items.length) return;
    this.at = (this.at + by + this.items.length) % this.items.length;
    [...this.list.children].forEach((one, index) => one.setAttribute("aria-selected", String(index === this.at)));
    this.list.children[this.at].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `${this.list.id}-${this.at}`);
  }

  /** @param {number} index */
  #choose(index) {
    const found = this.items[index];
    this.input.value = worded(found);
    this.close();
    this.hooks.choose(found);
  }
}
