/**
 * The one thing selected: a row with its facts and its page, or a place with the words people know it by.
 * @module city/map/drawer
 */
import { getJSON } from "http";
import { showSteps } from "city/cases/act_form.js";
import { t } from "words";
import { fill, h, icon } from "city/map/dom.js";
import { degrees, exact } from "city/map/format.js";
import { pageOf } from "city/map/layers.js";
import { placeWords } from "city/map/place.js";
import { bounds, fieldTitle, read, said, shownFields } from "city/map/rows.js";
import { stateMark } from "city/map/symbols.js";

/** @typedef {import("city/map/layers.js").LayerInfo} LayerInfo */
/** @typedef {import("city/map/rows.js").Feature} Feature */

/**
 * @typedef {object} Hooks
 * @property {() => void} close
 * @property {(feature: Feature) => void} zoom
 * @property {(act: string, at: [number, number]) => void} act
 * @property {(layer: LayerInfo) => string} moment at which rows are shown; "" for now
 * @property {string[]} acts what this person may make
 * @property {(layer: LayerInfo, feature: Feature) => void} moved a record was moved on from here
 */

export class Drawer {
  /**
   * @param {HTMLElement} root shown and hidden
   * @param {HTMLElement} body filled
   * @param {Hooks} hooks
   */
  constructor(root, body, hooks) {
    this.root = root;
    this.body = body;
    this.hooks = hooks;
    this.round = 0;
  }

  /** Nothing is selected: the drawer goes away. */
  hide() {
    this.round += 1;
    this.root.hidden = true;
    this.body.replaceChildren();
  }

  /** @param {import("city/map/dom.js").Child[]} content put a form or anything else in */
  show(...content) {
    this.round += 1;
    this.root.hidden = false;
    fill(this.body, ...content);
  }

  /**
   * Somebody changed the row that is shown: it is read again, unless something is being typed about it.
   * @param {LayerInfo} layer
   * @param {string} id
   */
  changed(layer, id) {
    const open = [...this.body.querySelectorAll(".step[open]")];
    const typed = open.some((one) =>
      [...one.querySelectorAll("input, textarea, select")].some((field) => /** @type {any} */ (field).value),
    );
    if (!typed) return this.row(layer, id);
    const note = this.body.querySelector("[data-part=stale]");
    if (note) /** @type {HTMLElement} */ (note).hidden = false;
    return undefined;
  }

  /**
   * One row of a layer.
   * @param {LayerInfo} layer
   * @param {string} id
   * @returns {Promise<Feature|null>} the row, when it is there and still asked for
   */
  async row(layer, id) {
    this.show(this.#head(layer.title), h("div", { class: "skeleton" }, h("span"), h("span"), h("span")));
    const { round } = this;
    try {
      const moment = this.hooks.moment(layer);
      const feature = await getJSON(`/api/v1/layers/${layer.id}/features/${id}`, moment ? { datetime: moment } : {});
      if (round !== this.round) return null;
      this.#row(layer, feature, moment);
      return feature;
    } catch (error) {
      if (round !== this.round) return null;
      const gone = /** @type {any} */ (error)?.status === 404;
      this.show(
        this.#head(layer.title),
        h(
          "p",
          { class: "list-message" },
          h("strong", {}, gone ? t("It is not here, or not for you.") : t("It could not be read.")),
          gone
            ? t("It may have been removed, or lie outside your areas.")
            : h("button", { type: "button", class: "button", onclick: () => this.row(layer, id) }, t("Try again")),
        ),
      );
      return null;
    }
  }

  /**
   * A place that was clicked or found.
   * @param {[number, number]} at
   */
  async place(at) {
    const words = h("div", { class: "place-words" }, h("span", { class: "skeleton-line" }));
    const makes = /** @type {[string, string][]} */ ([
      ["new-case", t("Log a case here")],
      ["new-event", t("Mark an event here")],
      ["new-resident", t("Register a resident here")],
    ]);
    const acts = makes
      .filter(([act]) => this.hooks.acts.includes(act))
      .map(([act, title], index) =>
        h(
          "button",
          { type: "button", class: index === 0 ? "button primary" : "button", onclick: () => this.hooks.act(act, at) },
          title,
        ),
      );
    this.show(
      this.#head(t("Place")),
      words,
      h("div", { class: "drawer-acts" }, ...acts, this.#copy()),
      h("p", { class: "hint num" }, degrees(at[0], at[1])),
    );
    const { round } = this;
    const told = await placeWords(at);
    if (round === this.round) fill(words, told);
  }

  /**
   * @param {LayerInfo} layer
   * @param {Feature} feature
   * @param {string} [moment] at which it stood so
   */
  #row(layer, feature, moment = "") {
    const reading = read(layer, feature);
    const page = pageOf(layer, feature.properties);
    const facts = shownFields(layer).filter(
      (one) =>
        feature.properties[one.name] !== undefined &&
        feature.properties[one.name] !== null &&
        feature.properties[one.name] !== "",
    );
    const box = bounds(feature.geometry);
    const where = h("div", { class: "place-words" });
    const steps = h("section", { class: "drawer-steps", "aria-live": "polite" });
    const again = h(
      "button",
      { type: "button", class: "link-button", onclick: () => this.row(layer, String(feature.id)) },
      t("Read it again"),
    );
    this.show(
      this.#head(layer.title),
      h("h2", { class: "drawer-title", tabindex: "-1" }, reading.title),
      reading.state?.words
        ? h(
            "p",
            { class: "drawer-state" },
            stateMark(reading.state, layer),
            reading.state.words,
            reading.due ? h("span", { class: `clock ${reading.due.clock}` }, reading.due.words) : null,
          )
        : null,
      where,
      h(
        "div",
        { class: "drawer-acts" },
        page ? h("a", { class: "button primary", href: page }, t("Open the page")) : null,
        h("button", { type: "button", class: "button", onclick: () => this.hooks.zoom(feature) }, t("Zoom to")),
        this.#copy(),
      ),
      h(
        "p",
        { class: "note", "data-part": "stale", role: "status", hidden: true },
        t("It was changed meanwhile."),
        " ",
        again,
      ),
      moment ? h("p", { class: "note", "data-part": "past" }, t("As it stood at {time}.", { time: exact(moment) })) : steps,
      h(
        "dl",
        { class: "facts" },
        ...facts.flatMap((one) => [
          h("dt", {}, fieldTitle(one)),
          h(
            "dd",
            { title: one.kind === "time" ? exact(feature.properties[one.name]) : null },
            said(one, feature.properties[one.name]),
          ),
        ]),
      ),
      layer.attribution ? h("p", { class: "hint" }, layer.attribution) : null,
    );
    if (!moment && layer.id === "cases" && feature.properties.number)
      showSteps(steps, String(feature.properties.number), () => this.hooks.moved(layer, feature));
    if (box)
      placeWords([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]).then((told) => where.isConnected && fill(where, told));
  }

  /** @param {string} kind */
  #head(kind) {
    return h(
      "header",
      { class: "drawer-head" },
      h("span", { class: "drawer-kind" }, kind),
      h(
        "button",
        {
          type: "button",
          class: "quiet square",
          "aria-label": t("Close"),
          title: t("Close (Esc)"),
          onclick: this.hooks.close,
        },
        icon("close"),
      ),
    );
  }

  #copy() {
    const copy = async (/** @type {Event} */ event) => {
      const button = /** @type {HTMLElement} */ (event.currentTarget);
      try {
        await navigator.clipboard.writeText(location.href);
        button.lastChild?.replaceWith(t("Link copied"));
      } catch {
        button.lastChild?.replaceWith(t("Copy it from the address line"));
      }
    };
    return h("button", { type: "button", class: "button quiet", onclick: copy }, icon("link"), t("Copy link"));
  }
}
