/**
 * What one of two maps shows, in words over it: its name, layers, span of time, filters and style. It is a button: the panel
 * then steers this map.
 * @module city/map/pane_label
 */
import { t, tn } from "words";
import { fill, h } from "city/map/dom.js";
import { count, exact } from "city/map/format.js";
import { TimePicker } from "city/map/time_picker.js";

const LAYERS_TOLD = 2;

/** @param {"a"|"b"|""} side @returns {string} */
export const sideName = (side) => (side === "b" ? t("Map B") : t("Map A"));

export class PaneLabel {
  /**
   * @param {HTMLElement} root
   * @param {import("city/map/store.js").Side} view
   * @param {{layers: import("city/map/layers.js").Layers, styles: import("city/map/styles.js").Styles}} known
   * @param {() => void} choose
   */
  constructor(root, view, known, choose) {
    this.root = root;
    this.view = view;
    this.known = known;
    this.words = h("span", { class: "pane-what" });
    this.button = h("button", { type: "button", class: "pane-button", onclick: choose }, h("strong", {}, sideName(view.name)), this.words);
    fill(root, this.button);
    this.time = new TimePicker(view, () => {});
    this.end = view.on(["on", "off", "styles", "filters", "when", "from", "to", "datetime", "area", "q", "layer", "side", "compare"], () => this.sync());
    this.sync();
  }

  remove() {
    this.end();
  }

  sync() {
    const { state } = this.view;
    this.root.hidden = !state.compare;
    this.button.setAttribute("aria-pressed", String(state.side === this.view.name));
    this.button.title = t("Lists, filters and layers of this map in the panel");
    fill(this.words, this.#told().join(" · "));
  }

  /** @returns {string[]} */
  #told() {
    const { layers, styles } = this.known;
    const { state } = this.view;
    const on = layers
      .on(state)
      .filter((one) => one.theme !== "base")
      .reverse();
    const subject = layers.subject(state);
    const first = subject && on.includes(subject) ? [subject, ...on.filter((one) => one !== subject)] : on;
    const titles = first.slice(0, LAYERS_TOLD).map((one) => one.title);
    if (first.length > LAYERS_TOLD) titles.push(`+${count(first.length - LAYERS_TOLD)}`);
    const narrowed = Object.values(state.filters[subject?.id ?? ""] ?? {}).filter((one) => one.length).length + Number(Boolean(state.area)) + Number(Boolean(state.q));
    const style = first.map((one) => styles.get(state.styles[one.id])?.title).find(Boolean);
    return [
      titles.join(", ") || t("No layers"),
      state.datetime && exact(state.datetime),
      subject?.time_field ? this.time.words() : "",
      narrowed ? tn("{n} filter", "{n} filters", narrowed, { n: count(narrowed) }) : "",
      style ?? "",
    ].filter(Boolean);
  }
}
