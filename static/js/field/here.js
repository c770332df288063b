/**
 * Where the phone is: one watch of the receiver for all who ask.
 * @module city/field/here
 */

/** @typedef {{lon: number, lat: number, accuracy_m: number, at: number}} Fix */

/** @type {Fix|null} */
let last = null;
/** @type {""|"denied"|"none"} */
let trouble = "";
/** @type {Set<() => void>} */
const listeners = new Set();
let watch = 0;

/** @returns {Fix|null} the newest fix */
export const here = () => last;

/** @returns {""|"denied"|"none"} why there is none */
export const whyNot = () => trouble;

/** @param {() => void} act at each fix, and when there is none to be had */
export function onFix(act) {
  listeners.add(act);
  if (!watch && navigator.geolocation) {
    watch = navigator.geolocation.watchPosition(took, failed, { enableHighAccuracy: true, maximumAge: 5000, timeout: 30000 });
  } else if (!navigator.geolocation) trouble = "none";
  return () => listeners.delete(act);
}

/** A fix of this very moment, for what must not begin with an old one; it comes by `onFix`. */
export function ask() {
  navigator.geolocation?.getCurrentPosition(took, () => {}, { enableHighAccuracy: true, maximumAge: 0, timeout: 30000 });
}

/** @param {GeolocationPosition} found */
function took({ coords }) {
  last = { lon: coords.longitude, lat: coords.latitude, accuracy_m: Math.round(coords.accuracy * 10) / 10, at: Date.now() };
  trouble = "";
  for (const act of listeners) act();
}

/** @param {GeolocationPositionError} error */
function failed(error) {
  trouble = error.code === 1 ? "denied" : "none";
  for (const act of listeners) act();
}

/**
 * Metres between two places (haversine on a sphere of 6,371,008.8 m; for showing and sorting only).
 * @param {[number, number]} one @param {[number, number]} other longitude, latitude
 */
export function metres([lon1, lat1], [lon2, lat2]) {
  const rad = Math.PI / 180;
  const half = Math.sin(((lat2 - lat1) * rad) / 2) ** 2 +
    Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin(((lon2 - lon1) * rad) / 2) ** 2;
  return 2 * 6371008.8 * Math.asin(Math.sqrt(half));
}
