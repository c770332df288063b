/**
 * A scenario over its map: a click fills the form's place or unit cell, a dragged facility becomes a move, a run is
 * watched until it is over. The forms do the work; all of them can be filled by keyboard.
 * @module city/scenarios/page
 */
import { Marker } from "maplibre-gl";
import { getJSON } from "http";
import { t } from "words";
import { baseStyle, followTheme, makeMap } from "city/map/basemap.js";
import { Banner } from "city/map/banner.js";
import { Camera } from "city/map/camera.js";
import { addControls } from "city/map/controls.js";
import { h } from "city/map/dom.js";
import { Finder } from "city/map/finder.js";
import { reverse } from "city/map/place.js";
import { Sheet } from "city/map/sheet.js";
import { Drawn, listenViews } from "city/scenarios/drawn.js";
import { Swipe } from "city/scenarios/swipe.js";

const LOOK_MS = 1000;
const DRAGGED_MAX = 300; // handles of facilities; more than that would be no map any more

/** @param {string} selector @returns {any} */
const part = (selector) => document.querySelector(selector);

/** @param {HTMLElement} stage */
export async function mount(stage) {
  const banner = new Banner(part("[data-part=banner]"));
  watchRun(banner);
  const form = part("[data-part=change]") && new ChangeForm(part("[data-part=change]"), banner);
  try {
    const url = stage.dataset.url;
    const [city, style, told] = await Promise.all([getJSON("/api/v1/city"), baseStyle(), url ? getJSON(url) : null]);
    await new Page(stage, banner, city, style, told, form).start();
  } catch (error) {
    banner.failed(/** @type {Error} */ (error), () => location.reload());
    console.warn("scenario:", error);
  }
}

/** The form of a change: which fields belong to what is done, and where it is. */
class ChangeForm {
  /** @param {HTMLFormElement} form @param {Banner} banner */
  constructor(form, banner) {
    this.form = form;
    this.banner = banner;
    this.do = /** @type {HTMLSelectElement} */ (form.elements.namedItem("do"));
    this.placed = (/** @type {[number, number]} */ _at) => {};
    this.do.addEventListener("change", () => this.#fields());
    this.#fields();
  }

  /** @param {string} name @param {string} [value] */
  field(name, value) {
    const input = /** @type {HTMLInputElement} */ (this.form.elements.namedItem(name));
    if (value !== undefined) input.value = value;
    return input;
  }

  #fields() {
    for (const one of /** @type {NodeListOf<HTMLElement>} */ (this.form.querySelectorAll("[data-for]")))
      one.hidden = !one.dataset.for?.split(" ").includes(this.do.value);
  }

  open() {
    const details = this.form.closest("details");
    if (details) details.open = true;
  }

  /** @param {[number, number]} at */
  at([lon, lat]) {
    this.open();
    this.field("lon", lon.toFixed(6));
    this.field("lat", lat.toFixed(6));
    this.placed([lon, lat]);
  }

  /** @param {string} doing */
  set(doing) {
    this.do.value = doing;
    this.#fields();
    this.open();
  }

  /** A click on the map: a place, or the unit cell there. @param {[number, number]} at */
  async click(at) {
    if (this.do.value === "remove") return;
    if (this.do.value !== "reassign") return this.at(at);
    try {
      const told = await reverse(at);
      if (told.unit_cell) this.field("unit_cell", told.unit_cell.code);
    } catch {
      this.banner.say(t("This place is outside the city."));
    }
  }
}

class Page {
  /** @param {HTMLElement} stage @param {Banner} banner @param {any} city @param {any} style @param {any} told @param {ChangeForm|null} form */
  constructor(stage, banner, city, style, told, form) {
    this.stage = stage;
    this.banner = banner;
    this.told = told;
    this.form = form;
    this.known = JSON.parse(part("[data-part=places]").textContent);
    this.map = makeMap(part("[data-part=map]"), { style, center: city.center, zoom: 12, bearing: 0 });
    /** @type {any} */ (stage).map = this.map; // tests and pictures wait for its `idle`
    this.drawn = new Drawn(this.map);
    if (told) this.drawn.told = told;
    new Sheet(part("#map-panel"), "half");
    this.camera = new Camera(this.map, part("#map-panel"), part("#map-panel"));
    this.map.fitBounds(this.drawn.box() ?? city.bbox, { padding: 40, maxZoom: 17, animate: false });
  }

  async start() {
    const { map } = this;
    if (!map.isStyleLoaded()) await new Promise((done) => map.once("load", done));
    this.drawn.draw();
    addControls(part("[data-part=buttons]"), map, { say: (words) => this.banner.say(words), pick: () => {}, help: () => this.banner.say(t("Click the map to place what is chosen in the form; drag a facility to move it.")) });
    followTheme(map, () => this.drawn.draw());
    const swipe = this.told && new Swipe(part("[data-part=panes]"), map, this.told, (second) => this.#again(second));
    listenViews(this.stage, (view) => {
      this.drawn.set(view === "swipe" ? "before" : view);
      swipe?.show(view === "swipe");
    });
    map.on("error", (/** @type {any} */ event) => this.banner.mapError(event));
    this.#marks(map);
    if (this.form) this.#edit(this.form);
    this.stage.dataset.state = "ready";
  }

  /** Numbers of the changes where they lie, as the list has them: also of those that no run has worked out yet. */
  /** @param {import("maplibre-gl").Map} map */
  #marks(map) {
    for (const [index, one] of this.known.changes.entries()) {
      if (!one.at) continue;
      const element = h("div", { class: "scenario-mark", "aria-hidden": "true" }, String(index + 1));
      new Marker({ element, offset: [0, -18] }).setLngLat(one.at).addTo(map);
    }
  }

  /** The map of the changes, over the first: marked and clicked like it. @param {import("maplibre-gl").Map} map */
  #again(map) {
    this.#marks(map);
    if (this.form) this.#click(map, this.form);
  }

  /** @param {import("maplibre-gl").Map} map @param {ChangeForm} form */
  #click(map, form) {
    map.getCanvas().style.cursor = "crosshair";
    map.on("click", (event) => form.click([event.lngLat.lng, event.lngLat.lat]));
  }

  /** @param {ChangeForm} form */
  #edit(form) {
    const { map } = this;
    this.#click(map, form);
    form.placed = (at) => this.#pin(at);
    const near = form.form.querySelector("[data-part=finder]");
    new Finder(near?.querySelector("input") ?? part("#c-find"), near?.querySelector("ul") ?? part("#c-found"), {
      near: () => map.getCenter(),
      choose: (found) => {
        form.at([found.lon, found.lat]);
        map.easeTo({ center: [found.lon, found.lat], zoom: Math.max(map.getZoom(), 16) });
      },
    });
    const moved = new Set(this.known.changes.filter((/** @type {any} */ one) => one.facility).map((/** @type {any} */ one) => one.facility));
    for (const place of this.known.places.slice(0, DRAGGED_MAX)) if (!moved.has(place.id)) this.#handle(form, place);
  }

  /** A facility that can be dragged: the form then says where to. @param {ChangeForm} form @param {any} place */
  #handle(form, place) {
    const element = h("div", { class: "scenario-handle", title: t("{name}: drag to move", { name: place.name }) });
    const marker = new Marker({ element, draggable: true }).setLngLat(place.at).addTo(this.map);
    const choose = (/** @type {string} */ doing) => {
      form.set(doing);
      form.field("facility", String(place.id));
    };
    element.addEventListener("click", (event) => {
      event.stopPropagation();
      choose(form.do.value === "remove" ? "remove" : "move");
    });
    marker.on("dragend", () => {
      const { lng, lat } = marker.getLngLat();
      choose("move");
      form.at([lng, lat]);
    });
  }

  /** @param {[number, number]} at */
  #pin(at) {
    this.marker ??= new Marker({ element: h("div", { class: "spot" }), anchor: "bottom" }).setLngLat(at).addTo(this.map);
    this.marker.setLngLat(at);
  }
}

/** Look at the run under way until it is over, then show what came of it. @param {Banner} banner */
function watchRun(banner) {
  const root = part("[data-part=running]");
  if (!root?.dataset.url) return;
  const look = async () => {
    try {
      const run = await getJSON(root.dataset.url);
      if (!["waiting", "running"].includes(run.state)) return location.assign(location.pathname);
      root.querySelector("progress").value = run.progress;
      if (run.step_words) root.querySelector("[data-part=step]").textContent = run.step_words;
    } catch (error) {
      banner.say(/** @type {Error} */ (error).message);
    }
    setTimeout(look, LOOK_MS);
    return undefined;
  };
  setTimeout(look, LOOK_MS);
}
