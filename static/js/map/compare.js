/**
 * Comparing two maps: the button that begins it, the bar that says how, the divider, and which map the panel steers.
 * @module city/map/compare
 */
import { t } from "words";
import { Divider } from "city/map/divider.js";
import { fill, h, icon } from "city/map/dom.js";
import { sideName } from "city/map/pane_label.js";
import { paneOf } from "city/map/state.js";

export class Compare {
  /**
   * @param {{buttons: HTMLElement, sides: HTMLElement, stage: HTMLElement}} parts
   * @param {import("city/map/store.js").Store} store
   * @param {import("city/map/panes.js").Panes} panes
   */
  constructor(parts, store, panes) {
    this.parts = parts;
    this.store = store;
    this.panes = panes;
    this.button = h(
      "button",
      { type: "button", class: "map-button", "aria-label": t("Compare two maps"), title: t("Compare two maps"), onclick: () => this.toggle() },
      icon("compare"),
    );
    parts.buttons.prepend(this.button);
    this.same = h("input", { type: "checkbox", id: "same-classes", onchange: () => this.#same() });
    this.sameField = h("label", { class: "compare-same", hidden: true, title: t("A colour means the same on both maps: months can be compared.") }, this.same, h("span", {}, t("Same classes on both")));
    this.bar = h("div", { class: "compare-bar", role: "group", "aria-label": t("Compare two maps"), hidden: true });
    parts.stage.append(this.bar);
    this.divider = new Divider(panes.root, {
      title: t("Divider between the two maps"),
      words: (n) => t("{n} % of the width shows map A", { n }),
      changed: (cut) => this.store.set({ cut }, { push: false }),
    });
    panes.classes.changed = (is) => {
      this.sameField.hidden = !is;
    };
    store.on(["compare", "side", "cut", "same"], (_state, changed) => this.sync(changed));
    this.sync(new Set());
  }

  /** Begin with both maps alike, the panel steering the second: what it shows is the next thing to choose. */
  toggle() {
    if (this.close()) return;
    this.store.set({ compare: "swipe", second: paneOf(this.store.state), side: "b" });
  }

  /** @returns {boolean} whether two maps were compared */
  close() {
    const { compare } = this.store.state;
    if (compare) this.store.set({ compare: "", second: null, side: "a", edit: "", cut: 50, same: true });
    return Boolean(compare);
  }

  /** @param {Set<string>} changed */
  sync(changed) {
    const { compare, cut, same } = this.store.state;
    this.button.setAttribute("aria-pressed", String(Boolean(compare)));
    this.bar.hidden = !compare;
    this.parts.sides.hidden = !compare;
    this.divider.element.hidden = compare !== "swipe";
    /** @type {HTMLInputElement} */ (this.same).checked = same;
    this.divider.set(cut);
    if (changed.has("same")) this.panes.classes.sync();
    if (!compare) return fill(this.bar);
    if (changed.has("side")) this.#sides();
    if (changed.size && !changed.has("compare") && this.bar.childElementCount) return undefined;
    this.#sides();
    fill(this.bar, this.#ways(), this.sameField, this.#leave());
    return undefined;
  }

  #ways() {
    const way = (/** @type {"swipe"|"beside"} */ key, /** @type {string} */ words) =>
      h(
        "label",
        {},
        h("input", { type: "radio", name: "compare-way", value: key, checked: this.store.state.compare === key, onchange: () => this.store.set({ compare: key }, { push: false }) }),
        h("span", {}, words),
      );
    return h("div", { class: "segments", role: "radiogroup", "aria-label": t("How the maps stand") }, way("swipe", t("Swipe")), way("beside", t("Side by side")));
  }

  #leave() {
    const words = t("Back to one map");
    return h("button", { type: "button", class: "quiet square-button", "aria-label": words, title: `${words} (Esc)`, onclick: () => this.close() && this.button.focus() }, icon("close"));
  }

  /** Which map the panel's list, filters and layers are of. */
  #sides() {
    const side = (/** @type {"a"|"b"} */ key) =>
      h(
        "label",
        {},
        h("input", { type: "radio", name: "compare-side", value: key, checked: this.store.state.side === key, onchange: () => this.steer(key) }),
        h("span", {}, sideName(key)),
      );
    fill(this.parts.sides, h("div", { class: "segments", role: "radiogroup", "aria-label": t("The panel steers") }, side("a"), side("b")));
  }

  /** @param {"a"|"b"} side */
  steer(side) {
    this.store.set({ side, edit: "" }, { push: false });
    /** @type {HTMLElement|null} */ (this.parts.sides.querySelector(":checked"))?.focus({ preventScroll: true });
  }

  #same() {
    this.store.set({ same: /** @type {HTMLInputElement} */ (this.same).checked }, { push: false });
  }
}
