/**
 * What a run came to: inputs with their versions, steps with rows, seconds and sums.
 * @module city/planning/account
 */
import { t } from "words";
import { fill, h } from "city/map/dom.js";
import { numbers } from "city/planning/numbers.js";

/** @param {HTMLElement} root @param {any} run a run that is done */
export function account(root, run) {
  root.hidden = false;
  fill(
    root,
    h("h2", {}, t("What it came to")),
    h("div", { class: "table-wrap", tabindex: 0, role: "region", "aria-label": t("Steps") }, h("table", { class: "table recipe-account" },
      h("thead", {}, h("tr", {}, h("th", {}, t("Step")), h("th", { class: "number" }, t("Row count")), h("th", { class: "number" }, t("Seconds")), h("th", {}, t("Sums")))),
      h("tbody", {}, ...run.steps.map((/** @type {any} */ one) => h("tr", {}, h("td", {}, one.as), h("td", { class: "number" }, numbers(one.rows)), h("td", { class: "number" }, numbers(one.seconds, 2)), h("td", {}, sums(one.sums))))))),
    h("h3", {}, t("Made from")),
    h("ul", { class: "recipe-account" }, ...run.inputs.map((/** @type {any} */ one) => h("li", {}, t("{layer}: {rows} rows, version {version}", { layer: one.layer, rows: numbers(one.rows), version: one.version })))),
  );
}

/** @param {any[]} checks */
function sums(checks) {
  if (!checks?.length) return "–";
  return h("ul", { class: "recipe-sum" }, ...checks.map((one) => h("li", { title: `${one.left} = ${one.right}` }, `${one.ok ? "✓" : "✗"} ${one.says}`)));
}
