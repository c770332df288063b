/**
 * The rows of one layer as a list: the same rows, filters and count as the map, read page by page.
 * @module city/map/list
 */
import { getJSON } from "http";
import { t } from "words";
import { fill, h } from "city/map/dom.js";
import { ago, clock, count, countFrom, exact } from "city/map/format.js";
import { isFiltered, nameOf } from "city/map/layers.js";
import { areaItem, bySize, messageItem, rowItem, skeletonItem } from "city/map/row_items.js";

/** @typedef {import("city/map/layers.js").LayerInfo} LayerInfo */
/** @typedef {import("city/map/rows.js").Feature} Feature */

const PAGE = 50;
const REREAD_MAX = 1000; // rows read again at a live change; who has scrolled farther reads on from there
const AGES_MS = 60000;

/**
 * @typedef {object} Hooks
 * @property {(feature: Feature|null, layer: LayerInfo) => void} hover
 * @property {(feature: Feature, layer: LayerInfo) => void} select
 * @property {(item: any, layer: LayerInfo) => void} selectArea
 * @property {() => void} clear clear all filters
 * @property {() => [number, number, number, number]} viewBox
 */

export class RowList {
  /**
   * @param {HTMLElement} root holds [data-part=rows], [data-part=count], [data-part=note]
   * @param {import("city/map/store.js").Side} store
   * @param {import("city/map/layers.js").Layers} layers
   * @param {Hooks} hooks
   */
  constructor(root, store, layers, hooks) {
    this.store = store;
    this.layers = layers;
    this.hooks = hooks;
    this.rows = /** @type {HTMLElement} */ (root.querySelector("[data-part=rows]"));
    this.total = /** @type {HTMLElement} */ (root.querySelector("[data-part=count]"));
    this.note = /** @type {HTMLElement} */ (root.querySelector("[data-part=note]"));
    /** @type {Map<string, Feature>} */
    this.byId = new Map();
    this.round = 0;
    /** @type {string|null} */
    this.next = null;
    /** @type {number|null} */
    this.matched = null;
    this.rows.addEventListener("mouseleave", () => this.#leave());
    setInterval(() => this.#age(), AGES_MS);
    this.watcher = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && this.more(), {
      root: this.rows.parentElement,
      rootMargin: "400px",
    });
  }

  /**
   * Read the first page again. While it loads, old rows stay and say nothing wrong: only a new question shows the skeleton.
   * @param {{quiet?: boolean}} [how] quiet: after a live change, rows stay until the new ones are there
   */
  async load({ quiet = false } = {}) {
    const layer = this.layers.subject(this.store.state);
    const round = ++this.round;
    if (!layer)
      return this.#message(
        t("There are no layers for you here."),
        t("Ask an administrator for the rights that your work needs."),
      );
    if (!quiet) this.#skeleton();
    countFrom(layer.past ? this.store.state.datetime : "");
    try {
      const page = layer.floor
        ? await this.#counts(layer)
        : await this.#page(layer, null, quiet ? Math.max(PAGE, Math.min(REREAD_MAX, this.byId.size)) : PAGE);
      if (round !== this.round) return;
      const focused = /** @type {HTMLElement|null} */ (document.activeElement?.closest(".map-rows > [data-id]"))
        ?.dataset.id;
      this.rows.replaceChildren(); // no layout comes in between, so the place in the list stays
      this.byId.clear();
      this.matched = page.matched ?? page.features?.length ?? 0;
      this.#count(layer);
      if (layer.floor) this.#showCounts(layer, page.items);
      else this.#show(layer, page);
      if (focused) this.#row(focused)?.focus({ preventScroll: true });
    } catch (error) {
      if (round !== this.round) return;
      if (quiet && this.byId.size)
        this.note.classList.add("is-stale"); // the rows stay, and say from when they are
      else this.#failed(error);
    }
    if (round === this.round) this.rows.removeAttribute("aria-busy");
  }

  /** The next page, when the end of the list comes near. */
  async more() {
    const layer = this.layers.subject(this.store.state);
    if (!this.next || this.loading || !layer) return;
    const round = this.round;
    this.loading = true;
    try {
      const page = await this.#page(layer, this.next, PAGE);
      if (round === this.round) this.#show(layer, page);
    } catch (error) {
      if (round === this.round)
        this.#end(
          h(
            "button",
            { type: "button", class: "button", onclick: () => this.more() },
            t("The next rows did not come. Try again"),
          ),
        );
    } finally {
      this.loading = false;
    }
  }

  /**
   * Move along the list with the keys; wraps at neither end.
   * @param {1|-1} by
   */
  step(by) {
    const items = [...this.rows.querySelectorAll("[data-id] > .row")];
    const at = items.indexOf(/** @type {Element} */ (document.activeElement?.closest(".row")));
    const chosen = items.findIndex((one) => one.getAttribute("aria-current") === "true");
    const from = at >= 0 ? at : chosen;
    const to = /** @type {HTMLElement|undefined} */ (items[Math.min(items.length - 1, Math.max(0, from + by))]);
    to?.focus();
  }

  /** @param {string} id @returns {HTMLElement|null} */
  #row(id) {
    return this.rows.querySelector(`[data-id="${CSS.escape(id)}"] > .row`);
  }

  /**
   * Mark the selected row.
   * @param {{layer: string, id: string}|null} selected
   * @param {boolean} [reveal] bring it into sight
   */
  mark(selected, reveal = true) {
    for (const one of this.rows.querySelectorAll(".row")) {
      const is = one.parentElement?.dataset.id === selected?.id && this.subjectId() === selected?.layer;
      if (is) one.setAttribute("aria-current", "true");
      else one.removeAttribute("aria-current");
      if (is && reveal) one.scrollIntoView({ block: "nearest" });
    }
  }

  subjectId() {
    return this.layers.subject(this.store.state)?.id;
  }

  /** @param {string|null} id light the row of what the pointer is over on the map */
  light(id) {
    for (const one of this.rows.querySelectorAll("[data-id]"))
      one.classList.toggle("is-hovered", id !== null && /** @type {HTMLElement} */ (one).dataset.id === id);
  }

  /** "3 minutes ago" goes on. */
  #age() {
    for (const one of this.rows.querySelectorAll("time")) one.textContent = ago(one.dateTime);
  }

  /** @param {string} id a short flash where a new or changed row stands */
  flash(id) {
    const item = this.rows.querySelector(`[data-id="${CSS.escape(id)}"]`);
    item?.classList.remove("is-new");
    requestAnimationFrame(() => item?.classList.add("is-new"));
  }

  /**
   * @param {LayerInfo} layer
   * @param {string|null} after
   * @param {number} limit
   */
  #page(layer, after, limit) {
    const query = this.store.query(layer);
    query.set("limit", String(limit));
    query.set("order", "newest");
    if (after) query.set("after", after);
    const box = this.hooks.viewBox().map((one) => one.toFixed(6));
    if (this.store.state.view) query.set("bbox", box.join(","));
    return getJSON(`/api/v1/layers/${layer.id}/features?${query}`);
  }

  /** @param {LayerInfo} layer */
  async #counts(layer) {
    const query = this.store.query(layer);
    query.set("by", "area");
    const page = await getJSON(`/api/v1/layers/${layer.id}/counts?${query}`);
    return { ...page, matched: page.total };
  }

  /** @param {LayerInfo} layer */
  #count(layer) {
    const n = this.matched ?? 0;
    fill(
      this.total,
      h("strong", {}, count(n)),
      " ",
      nameOf(layer.id, n),
      this.store.state.view && !layer.floor ? ` ${t("in this view")}` : "",
    );
    this.total.dataset.count = String(n);
    fill(this.note, t("as of {time}", { time: this.#moment(layer) }));
    this.note.classList.remove("is-stale");
  }

  /** @param {LayerInfo} layer @returns {string} the past moment that is listed, or the time of day */
  #moment(layer) {
    const { datetime } = this.store.state;
    return datetime && layer.past ? exact(datetime) : clock(new Date());
  }

  /**
   * @param {LayerInfo} layer
   * @param {any} page
   */
  #show(layer, page) {
    this.rows.querySelector(".list-end")?.remove();
    for (const feature of page.features) {
      if (this.byId.has(String(feature.id))) continue;
      this.byId.set(String(feature.id), feature);
      this.rows.append(this.#item(layer, feature));
    }
    this.next = page.next ?? null;
    if (this.byId.size === 0) this.#nothing(layer);
    else if (this.next)
      this.#end(
        t("{shown} of {all} read, more as you scroll", { shown: count(this.byId.size), all: count(this.matched ?? 0) }),
        true,
      );
    else if (this.byId.size > 10) this.#end(t("That is all."));
    this.mark(this.store.state.selected, false);
  }

  /**
   * @param {LayerInfo} layer
   * @param {Feature} feature
   */
  #item(layer, feature) {
    return rowItem(layer, feature, {
      select: () => this.hooks.select(feature, layer),
      hover: (on) => this.hooks.hover(on ? feature : null, layer),
    });
  }

  /**
   * @param {LayerInfo} layer
   * @param {any[]} items
   */
  #showCounts(layer, items) {
    this.next = null;
    if (!items.length) return this.#nothing(layer);
    this.rows.append(...bySize(items).map((one) => areaItem(layer, one, () => this.hooks.selectArea(one, layer))));
    return this.#end(t("Only counts are shown; counts below {floor} are withheld.", { floor: layer.floor }));
  }

  /**
   * @param {string|Node} words
   * @param {boolean} [watched] read on when it comes into sight
   */
  #end(words, watched = false) {
    this.rows.querySelector(".list-end")?.remove();
    const end = h("li", { class: "list-end" }, words);
    this.rows.append(end);
    this.watcher.disconnect();
    if (watched) this.watcher.observe(end);
  }

  #leave() {
    const subject = this.layers.subject(this.store.state);
    if (subject) this.hooks.hover(null, subject);
  }

  #skeleton() {
    fill(this.total, h("span", { class: "skeleton-line" }));
    delete this.total.dataset.count;
    fill(this.rows, ...Array.from({ length: 8 }, skeletonItem));
    this.rows.setAttribute("aria-busy", "true");
  }

  /** @param {LayerInfo} layer */
  #nothing(layer) {
    if (isFiltered(this.store.state, layer)) {
      const clear = h("button", { type: "button", class: "button", onclick: this.hooks.clear }, t("Clear filters"));
      return this.#message(t("Nothing fits these filters."), t("There may be rows outside of them."), clear);
    }
    return this.#message(t("Nothing here yet."), t("What is registered inside your areas appears here at once."));
  }

  /** @param {any} error */
  #failed(error) {
    fill(this.total, "–");
    const again = h("button", { type: "button", class: "button", onclick: () => this.load() }, t("Try again"));
    if (navigator.onLine) return this.#message(t("The rows could not be read."), error?.message ?? "", again);
    return this.#message(t("You are offline."), t("The list comes back with the connection."), again);
  }

  /**
   * @param {string} title
   * @param {string} text
   * @param {Node} [act]
   */
  #message(title, text, act) {
    fill(this.rows, messageItem(title, text, act));
  }
}
