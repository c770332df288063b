/**
 * What a coloured area, cell or hexagon stands for: its number, the class, the rows in it, and what they are divided by.
 * @module city/map/unit_card
 */
import { t } from "words";
import { h } from "city/map/dom.js";
import { count, named, surface } from "city/map/format.js";
import { shortNumber } from "city/map/histogram.js";
import { nameOf } from "city/map/layers.js";
import { legendSymbol } from "city/map/legend.js";

/** @typedef {import("city/map/legend.js").Legend} Legend */

/**
 * The line of the legend that a number belongs to; a class holds its upper end.
 * @param {number|null|undefined} value
 * @param {Legend} legend
 */
export function lineOf(value, legend) {
  const breaks = legend.breaks ?? [];
  const at = breaks.findIndex((edge) => Number(value) <= edge);
  const key = value === null || value === undefined ? null : value === 0 ? "zero" : String(at < 0 ? breaks.length - 1 : at);
  return legend.items.find((one) => (one.value ?? null) === key);
}

/**
 * @param {import("city/map/layers.js").LayerInfo} layer
 * @param {Record<string, any>} unit properties of the unit
 * @param {Legend} legend
 * @param {{only: ((code: string) => void)|null, here: () => void}} acts
 * @returns {HTMLElement}
 */
export function unitCard(layer, unit, legend, { only, here }) {
  const value = unit[legend.by ?? ""] ?? null;
  const line = lineOf(value, legend);
  const told = unit.suppressed ? t("fewer than {floor}", { floor: layer.floor ?? 1 }) : `${count(unit.count ?? 0)} ${nameOf(layer.id, unit.count ?? 0)}`;
  const facts = [
    [legend.heading ?? "", value === null ? t("held back or not known") : shortNumber(value)],
    [t("Class"), line ? h("span", { class: "unit-class" }, legendSymbol(line), line.label) : "–"],
    legend.by === "count" ? null : [t("Rows"), told],
    unit.area_m2 && legend.by === "per_km2" ? [t("Divided by"), surface(unit.area_m2)] : null,
    legend.by === "per_1000" ? [t("Divided by"), unit.people > 0 ? t("{n} residents", { n: count(unit.people) }) : t("residents held back or none")] : null,
  ].filter(Boolean);
  return h(
    "div",
    { role: "dialog", "aria-label": t("What this colour stands for"), class: "unit-card" },
    h("p", { class: "unit-name" }, h("strong", {}, named(unit) || unit.code || t("Hexagon")), h("span", { class: "hint" }, layer.title)),
    h("dl", { class: "facts" }, .../** @type {any[]} */ (facts).flatMap(([name, words]) => [h("dt", {}, name), h("dd", {}, words)])),
    h(
      "div",
      { class: "acts" },
      only && unit.code ? h("button", { type: "button", onclick: () => only(unit.code) }, t("Only this area")) : null,
      h("button", { type: "button", onclick: here }, t("What is here")),
    ),
  );
}
