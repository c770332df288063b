/**
 * A place in the words people know: nearest address with direction and distance, cell, areas.
 * @module city/map/place
 */
import { getJSON } from "http";
import { t } from "words";
import { h } from "city/map/dom.js";
import { named, worded } from "city/map/format.js";

/**
 * @param {[number, number]} at longitude, latitude
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>} what `/api/v1/places/reverse` says
 */
export function reverse([lon, lat], signal) {
  return getJSON("/api/v1/places/reverse", { lon: lon.toFixed(7), lat: lat.toFixed(7) }, signal);
}

/**
 * The place as an element; where there is none of ours, it says so.
 * @param {[number, number]} at
 * @returns {Promise<HTMLElement>}
 */
export async function placeWords(at) {
  try {
    return described(await reverse(at));
  } catch (error) {
    const outside = [404, 422].includes(/** @type {any} */ (error)?.status);
    return h(
      "p",
      { class: "hint" },
      outside ? t("This place is outside the city.") : t("The address could not be read."),
    );
  }
}

/**
 * @param {any} place an answer of `reverse`
 * @returns {HTMLElement}
 */
export function described(place) {
  const areas = (place.areas ?? []).map(named).filter(Boolean);
  return h(
    "div",
    { class: "place" },
    h("p", { class: "place-text" }, worded(place) || areas.at(-1) || ""),
    areas.length ? h("p", { class: "place-areas" }, areas.join(" › ")) : null,
    place.unit_cell
      ? h(
          "p",
          { class: "hint num place-cell" },
          t("Unit cell {code}", { code: place.unit_cell.code }),
          place.duty_cell ? ` · ${named(place.duty_cell) || place.duty_cell.code || ""}` : "",
        )
      : null,
  );
}
