/**
 * Several scenarios beside each other: one small map each, moved together, with one choice of what they show.
 * @module city/scenarios/maps
 */
import { getJSON } from "http";
import { t } from "words";
import { baseStyle, followTheme, makeMap } from "city/map/basemap.js";
import { h } from "city/map/dom.js";
import { together } from "city/map/together.js";
import { Drawn, listenViews } from "city/scenarios/drawn.js";

/** @param {HTMLElement} root */
export async function mount(root) {
  const places = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-url]")]);
  const style = await baseStyle();
  const made = await Promise.all(places.map((place) => one(place, style)));
  const shown = made.filter((each) => each !== null);
  together(...shown.map((each) => each.map));
  listenViews(root, (view) => shown.forEach((each) => each.set(view)));
  root.dataset.drawn = "yes";
}

/** @param {HTMLElement} place @param {any} style @returns {Promise<Drawn|null>} */
async function one(place, style) {
  const canvas = h("div", { class: "minimap-canvas" });
  place.append(canvas);
  try {
    const told = await getJSON(place.dataset.url ?? "");
    const map = makeMap(canvas, { style, center: [0, 0], zoom: 12, bearing: 0 });
    /** @type {any} */ (place).map = map;
    map.scrollZoom.disable();
    map.getCanvas().setAttribute("aria-label", place.dataset.title ?? "");
    const drawn = new Drawn(map);
    drawn.told = told;
    const box = drawn.box();
    if (box) map.fitBounds(box, { padding: 24, maxZoom: 17, animate: false });
    if (!map.isStyleLoaded()) await new Promise((done) => map.once("load", done));
    drawn.draw();
    followTheme(map, () => drawn.draw());
    return drawn;
  } catch (error) {
    canvas.remove();
    place.append(h("p", { class: "hint" }, t("The map can't be shown here.")));
    console.warn("scenario map:", error);
    return null;
  }
}
