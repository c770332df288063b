/**
 * Numbers, moments and distances in the page's language.
 * @module city/map/format
 */
import { t } from "words";

export const LANG = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
const LOCALE = LANG === "zh" ? "zh-CN" : "en-GB";
const WHOLE = new Intl.NumberFormat(LOCALE);
const SHORT = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 3 });
const AGO = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto", style: "short" });

/** The city's time zone; moments are shown in it whatever the reader's clock says. */
const ZONE = document.querySelector("[data-time-zone]")?.getAttribute("data-time-zone") || undefined;
const EXACT = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short", timeZone: ZONE });
const CLOCK = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", timeZone: ZONE });

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const STEPS = [
  ["minute", 60],
  ["hour", 3600],
  ["day", 86400],
  ["month", 2629800],
  ["year", 31557600],
];

/** @param {number} value @returns {string} */
export const count = (value) => WHOLE.format(value);

/**
 * Metres as people say them: 85 m, 1.24 km.
 * @param {number} metres
 * @returns {string}
 */
export function distance(metres) {
  return metres < 1000
    ? t("{n} m", { n: WHOLE.format(Math.round(metres)) })
    : t("{n} km", { n: SHORT.format(metres / 1000) });
}

/**
 * Square metres as people say them: 640 m², 1.2 ha, 3.4 km².
 * @param {number} square_m
 * @returns {string}
 */
export function surface(square_m) {
  if (square_m < 10000) return t("{n} m²", { n: WHOLE.format(Math.round(square_m)) });
  return square_m < 1e6
    ? t("{n} ha", { n: SHORT.format(square_m / 10000) })
    : t("{n} km²", { n: SHORT.format(square_m / 1e6) });
}

/**
 * "3 hr ago" for a past moment; "" for what is no moment.
 * @param {string} iso
 * @param {number} [now] milliseconds
 * @returns {string}
 */
export function ago(iso, now = presentOf()) {
  const seconds = (Date.parse(iso) - now) / 1000;
  if (Number.isNaN(seconds)) return "";
  if (Math.abs(seconds) < 60) return t("just now");
  let best = STEPS[0];
  for (const step of STEPS) if (Math.abs(seconds) >= step[1]) best = step;
  return AGO.format(Math.round(seconds / best[1]), best[0]);
}

/**
 * A length of time in its largest unit: "3 hours".
 * @param {number} seconds
 * @returns {string}
 */
export function span(seconds) {
  const step = STEPS.findLast(([, size]) => seconds >= size) ?? STEPS[0];
  const unit = new Intl.NumberFormat(LOCALE, { style: "unit", unit: String(step[0]), unitDisplay: "long" });
  return unit.format(Math.round(seconds / step[1]));
}

/** @param {string|Date} moment @returns {string} date and time in the city's zone, "" when there is none */
export function exact(moment) {
  const at = new Date(moment);
  return Number.isNaN(at.getTime()) ? "" : EXACT.format(at);
}

let past = 0;

/** @param {string} moment from which "ago" and clocks are counted: the shown one, "" for now */
export function countFrom(moment) {
  past = Date.parse(moment) || 0;
}

/** @returns {number} milliseconds: the shown moment, or now */
export const presentOf = () => past || Date.now();

/** @param {Date} moment @returns {string} 14:05 */
export const clock = (moment) => CLOCK.format(moment);

/**
 * Degrees with six decimals (0.1 m), longitude first, as the API takes them.
 * @param {number} lon
 * @param {number} lat
 */
export const degrees = (lon, lat) => `${lon.toFixed(6)}, ${lat.toFixed(6)}`;

/**
 * The name of a thing in the reader's language, else in the other.
 * @param {{name_zh?: string|null, name_en?: string|null}} thing
 * @returns {string}
 */
export function named(thing) {
  const [first, second] = LANG === "zh" ? [thing.name_zh, thing.name_en] : [thing.name_en, thing.name_zh];
  return first || second || "";
}

/**
 * The text of a place in the reader's language, else in the other.
 * @param {{text?: string|null, text_zh?: string|null, text_en?: string|null}} place
 * @returns {string}
 */
export function worded(place) {
  return (LANG === "zh" ? place.text_zh : place.text_en) || place.text || place.text_zh || place.text_en || "";
}
