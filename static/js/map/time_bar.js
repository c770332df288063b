/**
 * The bar over the foot of the map that shows a past moment, steps through time and plays it.
 *
 * While it is open the map, the list, the counts and the legend are of the shown moment; layers that keep no past are
 * named as shown as they are now. It plays no faster than the maps can draw: the next step waits until they are still.
 * @module city/map/time_bar
 */
import { t } from "words";
import { fill, h, icon } from "city/map/dom.js";
import { exact } from "city/map/format.js";
import { PAST } from "city/map/state.js";

const MINUTE = 60_000;
/** Minutes of one step of each stretch. */
const STEP_MIN = { "24h": 15, "7d": 120, "30d": 720, "12m": 10_080 };
const TYPED_MS = 150; // how long the slider rests before the map follows it
const SPEEDS = { slow: 2000, usual: 1000, fast: 350 };
const DRAWN_MS = 20_000;

export class TimeBar {
  /**
   * @param {{buttons: HTMLElement, stage: HTMLElement}} parts
   * @param {import("city/map/store.js").Store} store
   * @param {import("city/map/layers.js").Layers} layers
   * @param {() => import("maplibre-gl").Map[]} maps those that must be drawn before the next step
   */
  constructor(parts, store, layers, maps) {
    this.parts = parts;
    this.store = store;
    this.layers = layers;
    this.maps = maps;
    this.end = Date.now();
    this.playing = false;
    /** @type {keyof typeof SPEEDS} */
    this.speed = "usual";
    const words = t("The city at a past moment");
    this.button = h("button", { type: "button", class: "map-button", "aria-label": words, title: words, onclick: () => this.toggle() }, icon("history"));
    parts.buttons.prepend(this.button);
    this.root = h("section", { class: "time-bar", "aria-label": words, hidden: true });
    this.#build();
    parts.stage.append(this.root);
    store.on(["datetime", "past", "on", "off", "side"], () => this.sync());
    store.on(["act"], ({ act, past }) => act && past && this.close()); // what is made, is made now
    this.sync();
  }

  toggle() {
    if (!this.close()) this.#open("7d");
  }

  /** @returns {boolean} whether a past moment was shown */
  close() {
    const { past } = this.store.state;
    this.#pause();
    if (past) this.store.set({ past: "", datetime: "" });
    return Boolean(past);
  }

  /** The state has changed: the bar says what is shown. */
  sync() {
    const { past, datetime } = this.store.state;
    this.root.hidden = !past;
    this.parts.stage.classList.toggle("is-past", Boolean(past));
    this.button.setAttribute("aria-pressed", String(Boolean(past)));
    if (!past) return this.#pause();
    this.stretch.value = past;
    const { start, step, count } = this.#span();
    const at = datetime ? Date.parse(datetime) : this.end;
    const index = Math.max(0, Math.min(count, Math.round((at - start) / step)));
    if (document.activeElement !== this.slider || this.playing) this.slider.value = String(index);
    this.slider.max = String(count);
    this.#say(datetime);
    fill(this.note, ...this.#notes());
    return undefined;
  }

  #build() {
    const select = (/** @type {string} */ words, /** @type {[string, string][]} */ options, /** @type {string} */ chosen, /** @type {(value: string) => void} */ act) =>
      /** @type {HTMLSelectElement} */ (
        h(
          "select",
          { class: "input", "aria-label": words, title: words, onchange: (/** @type {Event} */ event) => act(/** @type {HTMLSelectElement} */ (event.target).value) },
          ...options.map(([value, title]) => h("option", { value, selected: value === chosen }, title)),
        )
      );
    const button = (/** @type {any} */ name, /** @type {string} */ words, /** @type {() => void} */ act) =>
      h("button", { type: "button", class: "quiet square-button", "aria-label": words, title: words, onclick: act }, icon(name));
    this.stretch = select(
      t("Stretch of time"),
      [["24h", t("Last 24 hours")], ["7d", t("Last 7 days")], ["30d", t("Last 30 days")], ["12m", t("Last 12 months")]],
      "7d",
      (value) => this.#open(/** @type {keyof typeof PAST} */ (value)),
    );
    const pace = select(
      t("Pace"),
      [["slow", t("Slow")], ["usual", t("Usual pace")], ["fast", t("Fast")]],
      this.speed,
      (value) => (this.speed = /** @type {keyof typeof SPEEDS} */ (value)),
    );
    pace.classList.add("desk-only");
    this.slider = /** @type {HTMLInputElement} */ (
      h("input", { type: "range", class: "time-slider", min: 0, step: 1, "aria-label": t("Moment"), oninput: () => this.#slid() })
    );
    this.moment = h("output", { class: "time-moment num", role: "status" });
    this.note = h("p", { class: "time-note hint" });
    this.playButton = button("play", t("Play the time"), () => (this.playing ? this.#pause() : this.#play()));
    fill(
      this.root,
      h(
        "div",
        { class: "time-row" },
        button("back", t("One step back"), () => this.#by(-1)),
        this.playButton,
        button("ahead", t("One step on"), () => this.#by(1)),
        this.slider,
        this.moment,
        this.stretch,
        pace,
        h("button", { type: "button", class: "button time-now", onclick: () => this.close() && this.button.focus() }, t("Back to now")),
      ),
      this.note,
    );
  }

  /** @param {keyof typeof PAST} past */
  #open(past) {
    this.#pause();
    this.end = Date.now();
    const { start } = this.#span(past);
    this.store.set({ past, datetime: this.store.state.past ? "" : new Date(start).toISOString(), act: "" });
    if (!this.slider.matches(":focus")) this.slider.focus();
  }

  /** @param {keyof typeof PAST} [past] */
  #span(past = this.store.state.past || "7d") {
    const step = STEP_MIN[past] * MINUTE;
    const count = Math.floor((PAST[past] * 60 * MINUTE) / step);
    const last = Math.floor(this.end / step) * step;
    return { start: last - count * step + step, step, count };
  }

  /** @param {number} index of a step; the last one is now */
  #go(index) {
    const { start, step, count } = this.#span();
    const within = Math.max(0, Math.min(count, index));
    this.slider.value = String(within);
    const at = start + within * step;
    const datetime = at >= this.end ? "" : new Date(at).toISOString();
    this.#say(datetime);
    this.store.set({ datetime }, { push: false });
    return within < count;
  }

  /** @param {number} steps */
  #by(steps) {
    this.#pause();
    this.#go(Number(this.slider.value) + steps);
  }

  #slid() {
    this.#pause();
    const { start, step } = this.#span();
    const at = start + Number(this.slider.value) * step;
    this.#say(at >= this.end ? "" : new Date(at).toISOString());
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#go(Number(this.slider.value)), TYPED_MS);
  }

  async #play() {
    this.playing = true;
    this.#playing();
    if (Number(this.slider.value) >= Number(this.slider.max)) this.#go(0);
    while (this.playing) {
      const began = Date.now();
      await Promise.all(this.maps().map(still));
      await new Promise((done) => setTimeout(done, Math.max(0, SPEEDS[this.speed] - (Date.now() - began))));
      if (this.playing && !this.#go(Number(this.slider.value) + 1)) this.#pause();
    }
  }

  #pause() {
    clearTimeout(this.timer);
    this.playing = false;
    this.#playing();
  }

  #playing() {
    const words = this.playing ? t("Pause") : t("Play the time");
    fill(this.playButton, icon(this.playing ? "pause" : "play"));
    this.playButton.setAttribute("aria-label", words);
    this.playButton.title = words;
  }

  /** @param {string} datetime */
  #say(datetime) {
    const words = datetime ? exact(datetime) : t("Now");
    fill(this.moment, words);
    this.slider.setAttribute("aria-valuetext", words);
  }

  /** Which layers can't follow. */
  #notes() {
    const { state } = this.store;
    const others = this.layers.on(state).filter((one) => one.theme !== "base" && !one.past);
    return state.datetime && others.length ? [t("Shown as now, for their past is not kept: {layers}", { layers: others.map((one) => one.title).join(", ") })] : [];
  }
}

/** @param {import("maplibre-gl").Map} map @returns {Promise<void>} once it has drawn what it asked for, or given up */
function still(map) {
  return new Promise((done) => {
    const end = setTimeout(done, DRAWN_MS);
    const look = () => {
      if (!map.loaded() || map.isMoving()) return map.once("idle", look);
      clearTimeout(end);
      return done();
    };
    look();
  });
}
