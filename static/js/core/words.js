/**
 * Words for scripts. English stands in the code; Chinese comes from the catalogue of all slices.
 *
 * t("Nothing found") · t("Saved at {time}", { time }) · tn("{n} case", "{n} cases", n)
 */

const address = document.querySelector('meta[name="words"]')?.content;
/** @type {Record<string, string | string[]>} */
const words = address ? await fetch(address).then((answer) => (answer.ok ? answer.json() : {})).catch(() => ({})) : {};

/** @param {string} template @param {Record<string, unknown>} [places] */
function fill(template, places) {
  return places ? template.replace(/\{(\w+)\}/g, (whole, name) => (name in places ? String(places[name]) : whole)) : template;
}

/** @type {"zh" | "en"} the language of this page */
export const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

/**
 * A text in the reader's language.
 * @param {string} text English, with {name} places
 * @param {Record<string, unknown>} [places]
 */
export function t(text, places) {
  const found = words[text];
  return fill((Array.isArray(found) ? found[0] : found) || text, places);
}

/**
 * A text by number; {n} is the number as the reader writes it.
 * @param {string} one @param {string} many @param {number} n @param {Record<string, unknown>} [places]
 */
export function tn(one, many, n, places) {
  const found = words[one];
  const text = found ? (Array.isArray(found) ? found[found.length - 1] : found) : n === 1 ? one : many;
  return fill(text, { n: formatNumber(n), ...places });
}

/** @param {number} n @param {Intl.NumberFormatOptions} [options] */
export function formatNumber(n, options) {
  return new Intl.NumberFormat(document.documentElement.lang, options).format(n);
}

/** The city's time zone: moments are told in it, wherever the reader sits. */
export const timeZone = document.documentElement.dataset.timeZone || undefined;

/** A moment in the reader's words: short date and time. @param {string | number | Date} at */
export function formatTime(at) {
  const moment = new Date(at);
  return new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short", timeZone }).format(moment);
}

const STEPS = /** @type {const} */ ([["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]]);

/** How long ago or ahead: "5 minutes ago", "2小时后". @param {string | number | Date} at */
export function fromNow(at) {
  const seconds = (new Date(at).getTime() - Date.now()) / 1000;
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? STEPS[3];
  return new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

/** Of two names, the one in the reader's language, or the other. @param {string?} zh @param {string?} en */
export function named(zh, en) {
  return (language === "zh" ? zh || en : en || zh) ?? "";
}
