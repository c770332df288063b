/**
 * Who sees a layer: three choices; the open one only for who may publish.
 * @module city/datasets/audience
 */
import { t } from "words";
import { h } from "city/map/dom.js";

/**
 * @param {string} id
 * @param {string} now owner, staff or public
 * @param {boolean} mayPublish
 * @param {(value: string) => void} [changed]
 */
export function audience(id, now, mayPublish, changed) {
  const words = { owner: t("Only me"), staff: t("Colleagues"), public: t("Everyone") };
  const help = h("p", { class: "help", id: `${id}-audience-help` }, mayPublish || now === "public" ? t("Everyone: without a login, also for other programs.") : t("An administrator can open it to everyone."));
  const choices = Object.entries(words).filter(([value]) => value !== "public" || mayPublish || now === "public").map(([value, word]) =>
    h("label", {}, h("input", { type: "radio", name: `${id}-audience`, value, checked: value === now, onchange: () => changed?.(value) }), h("span", {}, word)));
  const element = h("fieldset", { class: "field", "aria-describedby": help.id }, h("legend", {}, t("Who sees it")), h("div", { class: "segments" }, ...choices), help);
  const value = () => /** @type {HTMLInputElement} */ (element.querySelector("input:checked")).value;
  return { element, value };
}
