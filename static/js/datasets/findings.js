/**
 * Findings as cards: what is wrong, how often and where, and the mend with its tick.
 * @module city/datasets/findings
 */
import { t, tn } from "words";
import { h } from "city/map/dom.js";
import { count } from "city/map/format.js";

const LINES_SHOWN = 6;

/**
 * @param {any} finding
 * @param {{on: boolean, tick: (on: boolean) => void, light?: (code: string) => void, goTo?: (code: string) => void, disabled?: boolean}} hooks
 * @returns {HTMLElement}
 */
export function card(finding, { on, tick, light, goTo, disabled }) {
  const { title, mend, hint, example } = finding.words;
  const code = finding.key.startsWith("ids:") ? finding.key : finding.code;
  const id = `mend-${finding.key.replace(/\W/g, "-")}`;
  const box = mend
    ? h("input", { type: "checkbox", id, checked: on, disabled, "aria-describedby": `${id}-why`,
        onchange: (/** @type {Event} */ event) => tick(/** @type {HTMLInputElement} */ (event.target).checked) })
    : h("span", { class: "finding-stays", "aria-hidden": "true" }, "–");
  return h("li", { class: `finding${mend ? "" : " is-fixed"}`, dataset: { key: finding.key },
      onmouseenter: () => light?.(code), onmouseleave: () => light?.("") },
    box,
    h("div", { class: "finding-body" },
      h("p", { class: "finding-title", id: `${id}-why` }, h("strong", {}, title), whole(finding) ? null : h("span", { class: "count" }, tn("{n} row", "{n} rows", finding.count))),
      mend ? h("label", { for: id }, mend) : null,
      example ? h("p", { class: "finding-example" }, example) : null,
      hint ? h("p", { class: "hint" }, hint) : null,
      rows(finding, code, goTo)));
}

/** @param {any} finding whether it is said of the table, not of rows */
const whole = (finding) => finding.key === "crs" || finding.key === "encoding" || finding.key === "split";

/** @param {any} finding whether its rows stand on the map */
const isShown = (finding) => Boolean(finding.at) || finding.key.startsWith("ids:") || finding.key === "once";

/** @param {any} finding @param {string} code @param {((code: string) => void)|undefined} goTo */
function rows(finding, code, goTo) {
  if (!finding.lines.length) return null;
  const named = finding.lines.slice(0, LINES_SHOWN).map(count).join(t(", "));
  const words = finding.count > LINES_SHOWN ? t("Rows {rows} …", { rows: named }) : t("Rows {rows}", { rows: named });
  return h("p", { class: "finding-rows hint" }, words, " ",
    goTo && isShown(finding) ? h("button", { type: "button", class: "link-button", onclick: () => goTo(code) }, t("Show on the map")) : null);
}
