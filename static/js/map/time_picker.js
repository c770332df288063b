/**
 * Choosing a time range: a few presets that stay relative in the link, or days from and to.
 * @module city/map/time_picker
 */
import { t } from "words";
import { h } from "city/map/dom.js";

const ZONE = document.querySelector("[data-time-zone]")?.getAttribute("data-time-zone") || "UTC";

/**
 * The moment at which a calendar day begins in the city's zone.
 * @param {string} day yyyy-mm-dd
 * @param {number} [plus] days after it
 * @returns {string} ISO moment, "" for no day
 */
export function dayStart(day, plus = 0) {
  const guess = Date.parse(`${day}T00:00:00Z`) + plus * 86400000;
  if (Number.isNaN(guess)) return "";
  return new Date(guess - offset(guess - offset(guess))).toISOString();
}

/** @param {string} local yyyy-mm-ddThh:mm on the city's clock @returns {string} ISO moment, "" for none */
export function momentOf(local) {
  const guess = Date.parse(`${local}Z`);
  return Number.isNaN(guess) ? "" : new Date(guess - offset(guess - offset(guess))).toISOString();
}

/** @param {string} iso a moment, or a day @param {number} [minus] days off a moment @returns {string} the day in the city's zone */
export function dayOf(iso, minus = 0) {
  if (/^\d{4}-\d\d-\d\d$/.test(iso)) return iso; // links from lists name whole days, the last one included
  const at = Date.parse(iso);
  return Number.isNaN(at) ? "" : new Date(at + offset(at) - minus * 86400000).toISOString().slice(0, 10);
}

/** @param {number} at milliseconds @returns {number} the zone's distance from UTC then, milliseconds */
function offset(at) {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: ZONE,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at);
  const of = (/** @type {string} */ type) => Number(parts.find((one) => one.type === type)?.value);
  return (
    Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second")) -
    Math.floor(at / 1000) * 1000
  );
}

export class TimePicker {
  /**
   * @param {import("city/map/store.js").Side} store
   * @param {() => void} done
   */
  constructor(store, done) {
    this.store = store;
    this.done = done;
    this.presets = /** @type {[import("city/map/state.js").Preset, string][]} */ ([
      ["", t("Any time")],
      ["24h", t("Last 24 hours")],
      ["7d", t("Last 7 days")],
      ["30d", t("Last 30 days")],
      ["90d", t("Last 90 days")],
    ]);
  }

  active() {
    const { when, from, to } = this.store.state;
    return Boolean(when || from || to);
  }

  words() {
    const { when, from, to } = this.store.state;
    if (when) return this.presets.find(([value]) => value === when)?.[1] ?? when;
    if (from && to) return `${dayOf(from)} – ${dayOf(to, 1)}`;
    if (from) return t("Since {day}", { day: dayOf(from) });
    return to ? t("Until {day}", { day: dayOf(to, 1) }) : t("Any time");
  }

  element() {
    const { when, from, to } = this.store.state;
    const preset = (/** @type {import("city/map/state.js").Preset} */ value) => {
      this.done();
      this.store.set({ when: value, from: "", to: "" });
    };
    const days = (/** @type {"from"|"to"} */ key, /** @type {number} */ plus) => (/** @type {Event} */ event) => {
      const { value } = /** @type {HTMLInputElement} */ (event.target);
      this.store.set({ when: "", [key]: value ? dayStart(value, plus) : "" });
    };
    return h(
      "div",
      { class: "menu-list" },
      ...this.presets.map(([value, words]) =>
        h(
          "button",
          {
            type: "button",
            class: "menu-item",
            "aria-current": value === when && !from && !to ? "true" : null,
            onclick: () => preset(value),
          },
          words,
        ),
      ),
      h(
        "label",
        { class: "menu-field" },
        t("From day"),
        h("input", { type: "date", class: "input", value: dayOf(from), onchange: days("from", 0) }),
      ),
      h(
        "label",
        { class: "menu-field" },
        t("Until day (included)"),
        h("input", { type: "date", class: "input", value: to ? dayOf(to, 1) : "", onchange: days("to", 1) }),
      ),
    );
  }
}
