/**
 * The map beside the queue: the same cases as the list, linked both ways; a polygon for the filter, a lasso for the choice.
 * @module city/cases/queue_map
 */
import { getJSON } from "http";
import { Popup } from "maplibre-gl";
import { t, tn } from "words";
import { baseStyle, followTheme, makeMap } from "city/map/basemap.js";
import { fill, h } from "city/map/dom.js";
import { Drawing } from "city/map/drawing.js";
import { clock, count } from "city/map/format.js";
import { decode, encode, holds } from "city/cases/polygon.js";
import { QueuePins } from "city/cases/queue_pins.js";

const STEP_MS = 15 * 60000;
const SIGNS = { overdue: "■", due_soon: "▲", on_time: "●" };

/** @typedef {{hover: (number: string) => void, select: (number: string) => void, choose: (numbers: string[]) => void, may: boolean}} Hooks */

export class QueueMap {
  /**
   * @param {HTMLElement} root the map's side of the queue
   * @param {Hooks} hooks
   */
  constructor(root, hooks) {
    this.root = root;
    this.hooks = hooks;
    this.round = 0;
    /** @type {"polygon"|"lasso"|""} */
    this.mode = "";
    this.note = this.#part("note");
    this.slider = /** @type {HTMLInputElement} */ (this.#part("slider"));
  }

  async start() {
    this.root.dataset.state = "busy";
    const [city, style] = await Promise.all([getJSON("/api/v1/city"), baseStyle()]);
    const query = new URLSearchParams(location.search);
    const [lon, lat] = (query.get("c") ?? "").split(",").map(Number);
    const kept = query.has("c") && Number.isFinite(lon) && Number.isFinite(lat);
    this.map = makeMap(this.#part("map"), { style, center: kept ? [lon, lat] : city.center, zoom: kept ? Number(query.get("z")) || 13 : 11, bearing: 0 });
    /** @type {any} */ (this.root).map = this.map; // tests and pictures wait for its `idle`
    this.pins = new QueuePins(this.map);
    this.pins.within = decode(query.get("within") ?? "");
    await new Promise((done) => (this.map?.isStyleLoaded() ? done(true) : this.map?.once("load", done)));
    this.pins.install();
    followTheme(this.map, () => this.pins?.install());
    this.#listen();
    await this.load();
    if (!kept) this.fit(false);
    this.root.dataset.state = "ready";
  }

  /** The marks of the filter in the address, again. */
  async load() {
    const round = ++this.round;
    const query = new URLSearchParams(location.search);
    for (const name of ["after", "c", "z", "sel", "lang"]) query.delete(name);
    if (![...query.keys()].some((name) => name !== "order") && this.root.closest("[data-own]")) query.set("status", "mine");
    try {
      const told = await getJSON(`/api/v1/cases/pins?${query}`);
      if (round !== this.round || !this.pins) return;
      [this.pins.pins, this.pins.areas] = [told.items, told.areas];
      this.pins.draw();
      this.note.textContent = told.by === "area" ? t("{n} cases: too many for marks, counted by area. Narrow the filter to see each.", { n: count(told.matched) }) : "";
      this.#tally();
    } catch (error) {
      if (round === this.round) this.note.textContent = [t("The map could not be read."), /** @type {Error} */ (error).message].join(" ");
    }
  }

  /** @param {boolean} animate show all marks */
  fit(animate = true) {
    const box = this.pins?.bounds();
    if (box) this.map?.fitBounds(box, { padding: 48, maxZoom: 16, animate: animate && !matchMedia("(prefers-reduced-motion: reduce)").matches });
  }

  /** @param {string} number ring the mark of the row under the pointer */
  hover(number) {
    if (this.pins && this.pins.hovered !== number) this.#set({ hovered: number });
  }

  /** @param {string} number the selected row @param {boolean} [move] */
  select(number, move = true) {
    if (!this.pins) return;
    this.#set({ here: number });
    const pin = this.pins.pins.find((one) => one.number === number);
    if (pin && move && !this.map?.getBounds().contains([pin.lon, pin.lat])) this.map?.panTo([pin.lon, pin.lat]);
  }

  /** @param {Set<string>} numbers */
  choose(numbers) {
    this.#set({ chosen: numbers });
  }

  /** @returns {boolean} whether a drawing was left */
  leave() {
    if (!this.mode) return false;
    this.#draw("");
    return true;
  }

  #listen() {
    const { map } = this;
    if (!map) return;
    map.on("moveend", () => {
      const { lng, lat } = map.getCenter();
      keep({ c: `${lng.toFixed(5)},${lat.toFixed(5)}`, z: String(Math.round(map.getZoom() * 100) / 100) });
    });
    map.on("mousemove", (event) => {
      const number = this.#numberAt(event.point);
      map.getCanvas().style.cursor = number && !this.mode ? "pointer" : "";
      if (!this.mode) this.hooks.hover(number);
    });
    map.on("mouseout", () => this.hooks.hover(""));
    map.on("click", (event) => {
      const number = this.mode ? "" : this.#numberAt(event.point);
      if (number) this.#open(number);
    });
    this.#part("fit").addEventListener("click", () => this.fit());
    this.#part("polygon").addEventListener("click", () => this.#draw(this.mode === "polygon" ? "" : "polygon"));
    const lasso = this.#part("lasso");
    lasso.hidden = !this.hooks.may;
    lasso.addEventListener("click", () => this.#draw(this.mode === "lasso" ? "" : "lasso"));
    this.slider.addEventListener("input", () => this.#tally());
    setInterval(() => this.#tally(), 60000);
  }

  /** @param {{x: number, y: number}} point */
  #numberAt({ x, y }) {
    const found = this.map?.queryRenderedFeatures([[x - 6, y - 6], [x + 6, y + 6]], { layers: ["own-pins"] });
    return String(found?.[0]?.properties.number ?? "");
  }

  /** @param {string} number what the mark is, and what can be done with it here */
  #open(number) {
    const pin = this.pins?.pins.find((one) => one.number === number);
    if (!pin || !this.map) return;
    this.hooks.select(number);
    const cell = (this.pins?.pins ?? []).filter((one) => one.cell === pin.cell).map((one) => one.number);
    const button = (/** @type {string} */ words, /** @type {string[]} */ numbers) =>
      h("button", { type: "button", class: "button", onclick: () => this.hooks.choose(numbers) }, words);
    const card = h("div", { class: "pin-card" },
      h("a", { href: `/cases/${number}` }, number), h("span", {}, pin.status_words),
      this.hooks.may ? button(t("Choose it"), [number]) : null,
      this.hooks.may && cell.length > 1 ? button(tn("Choose the {n} of its cell", "Choose the {n} of its cell", cell.length), cell) : null);
    this.popup?.remove();
    this.popup = new Popup({ closeButton: false, offset: 12 }).setLngLat([pin.lon, pin.lat]).setDOMContent(card).addTo(this.map);
  }

  /** @param {"polygon"|"lasso"|""} mode */
  #draw(mode) {
    this.drawing?.stop();
    this.drawing = null;
    this.mode = mode;
    for (const name of ["polygon", "lasso"]) this.#part(name).setAttribute("aria-pressed", String(name === mode));
    this.#part("how").textContent = mode ? t("Click corner by corner; click the first one again to end. Esc leaves.") : "";
    if (!mode || !this.map) return;
    this.popup?.remove();
    this.drawing = new Drawing(this.map, { changed: (geometry, finished) => finished && geometry && this.#drawn(geometry) });
    this.drawing.begin("polygon");
  }

  /** @param {any} geometry */
  #drawn(geometry) {
    const { mode } = this;
    if (!mode) return;
    queueMicrotask(() => this.#draw(""));
    if (mode === "lasso")
      this.hooks.choose((this.pins?.pins ?? []).filter((one) => holds([one.lon, one.lat], geometry)).map((one) => one.number));
    else {
      const query = new URLSearchParams(location.search);
      query.set("within", encode(geometry));
      if (!query.has("status") && this.root.closest("[data-own]")) query.set("status", "mine");
      for (const name of ["after", "sel", "c", "z"]) query.delete(name);
      location.assign(`/cases?${query}`);
    }
  }

  /** Colours and counts at the moment of the slider. */
  #tally() {
    if (!this.pins) return;
    const steps = Number(this.slider.value);
    this.pins.at = Date.now() + steps * STEP_MS;
    this.pins.draw();
    const when = steps ? clock(new Date(this.pins.at)) : t("now");
    this.#part("at").textContent = when;
    this.slider.setAttribute("aria-valuetext", when);
    const tally = this.pins.tally();
    const parts = /** @type {(keyof typeof SIGNS)[]} */ (Object.keys(SIGNS));
    const names = { overdue: t("overdue"), due_soon: t("due soon"), on_time: t("on time") };
    fill(this.#part("tally"), ...(this.pins.areas.length ? [] : parts.map((one) => h("span", { class: `clock ${one}`, title: names[one] }, h("span", { class: "hidden" }, names[one]), count(tally[one])))));
  }

  /** @param {Partial<Pick<QueuePins, "here"|"hovered"|"chosen">>} changed */
  #set(changed) {
    if (!this.pins) return;
    Object.assign(this.pins, changed);
    this.pins.draw();
  }

  /** @param {string} name @returns {HTMLElement} */
  #part(name) {
    return /** @type {HTMLElement} */ (this.root.querySelector(`[data-part=${name}]`));
  }
}

/** @param {Record<string, string>} changed keep where the map stands in the address, without a step to go back to */
export function keep(changed) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changed)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  history.replaceState(history.state, "", text ? `${location.pathname}?${text}` : location.pathname);
}
