/**
 * The map's own buttons: nearer, farther, north, where am I; and the crosshair of keyboard users.
 * @module city/map/controls
 */
import { Marker } from "maplibre-gl";
import { t } from "words";
import { h, icon } from "city/map/dom.js";
import { distance } from "city/map/format.js";

/** @typedef {{lon: number, lat: number, accuracy_m: number}} Fix */

/**
 * Ask the device where it is.
 * @returns {Promise<Fix>} rejects with words for the reader
 */
export function position() {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation) return reject(new Error(t("This device can't tell where it is.")));
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lon: coords.longitude, lat: coords.latitude, accuracy_m: coords.accuracy }),
      (error) =>
        reject(
          new Error(
            error.code === 1
              ? t("The browser may not use your position. Allow it in the address line.")
              : t("Your position was not found. Try again under open sky."),
          ),
        ),
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 10000 },
    );
    return undefined;
  });
}

/**
 * @param {HTMLElement} root
 * @param {import("maplibre-gl").Map} map
 * @param {{say: (words: string) => void, pick: () => void, help: () => void}} hooks
 */
export function addControls(root, map, hooks) {
  const button = (/** @type {any} */ name, /** @type {string} */ words, /** @type {() => void} */ act) =>
    h("button", { type: "button", class: "map-button", "aria-label": words, title: words, onclick: act }, icon(name));
  const north = button("north", t("North up"), () => map.easeTo({ bearing: 0 }));
  const me = button("locate", t("Where am I"), () => locate(map, hooks.say, me));
  const help = button("help", t("Keys and help"), hooks.help);
  help.classList.add("desk-only");
  root.append(
    help,
    north,
    me,
    h(
      "div",
      { class: "map-zoom" },
      button("plus", t("Zoom in"), () => map.zoomIn()),
      button("minus", t("Zoom out"), () => map.zoomOut()),
    ),
  );
  const turn = () => {
    north.hidden = Math.abs(map.getBearing()) < 0.5;
    /** @type {SVGElement} */ (/** @type {unknown} */ (north.firstChild)).style.transform =
      `rotate(${-map.getBearing()}deg)`;
  };
  map.on("rotate", turn);
  turn();
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.defaultPrevented) hooks.pick();
  });
}

/** @type {Marker|null} */
let dot = null;

/**
 * @param {import("maplibre-gl").Map} map
 * @param {(words: string) => void} say
 * @param {HTMLElement} button
 */
async function locate(map, say, button) {
  button.setAttribute("aria-busy", "true");
  try {
    const fix = await position();
    dot?.remove();
    dot = new Marker({ element: h("div", { class: "here", role: "img", "aria-label": t("You are here") }) })
      .setLngLat([fix.lon, fix.lat])
      .addTo(map);
    map.easeTo({ center: [fix.lon, fix.lat], zoom: Math.max(map.getZoom(), 16) });
    say(t("You are here, give or take {distance}.", { distance: distance(fix.accuracy_m) }));
  } catch (error) {
    say(/** @type {Error} */ (error).message);
  } finally {
    button.removeAttribute("aria-busy");
  }
}
