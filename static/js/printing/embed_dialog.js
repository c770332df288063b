/**
 * Showing the present map on another site: which layers and areas, whose site, until when; then the address, once.
 * @module city/printing/embed_dialog
 */
import { postJSON } from "http";
import { t, tn } from "words";
import { fill, h } from "city/map/dom.js";
import { LANG } from "city/map/format.js";

const DAYS = [30, 90, 180, 366];

export class EmbedDialog {
  /** @param {import("city/printing/share.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
  }

  open() {
    this.problem = h("p", { class: "alert", role: "alert", hidden: true });
    this.form = /** @type {HTMLFormElement} */ (h("form", { class: "form", onsubmit: (/** @type {Event} */ event) => this.#make(event) }));
    this.dialog = /** @type {HTMLDialogElement} */ (
      h("dialog", { class: "embed-dialog", "aria-labelledby": "embed-head", onclose: () => this.dialog?.remove() }, h("h2", { id: "embed-head" }, t("Show this map on another site")), this.form)
    );
    this.#fields();
    document.body.append(this.dialog);
    this.dialog.showModal();
  }

  #layers() {
    return this.desk.layers.on(this.desk.store.state).filter((one) => one.theme !== "base");
  }

  #fields() {
    const { area } = this.desk.store.state;
    const shown = this.#layers();
    const ticks = shown.map((one) =>
      h(
        "label",
        { class: "tick" },
        h("input", { type: "checkbox", name: "layer", value: one.id, checked: one.floor === null, disabled: one.floor !== null }),
        one.floor === null ? one.title : t("{layer}: tells of people, never shown elsewhere", { layer: one.title }),
      ),
    );
    fill(
      /** @type {HTMLFormElement} */ (this.form),
      h("p", { class: "hint" }, t("Whoever opens that site sees the layers ticked here without a login, in the look and under the filters of now. They can't open rows.")),
      h("div", { class: "field" }, h("label", { for: "embed-title" }, t("Title")), h("input", { id: "embed-title", name: "title", maxlength: 120, autocomplete: "off" })),
      h("fieldset", { class: "field" }, h("legend", {}, t("Layers")), ...(ticks.length ? ticks : [h("p", { class: "hint" }, t("No layer is on."))])),
      h("div", { class: "field" }, h("label", { for: "embed-areas" }, t("Only these areas (codes, by commas)")), h("input", { id: "embed-areas", name: "areas", value: area, autocomplete: "off" }), h("p", { class: "help" }, t("Empty: all areas that are yours."))),
      h("div", { class: "field" }, h("label", { for: "embed-origins" }, t("Sites that may show it")), h("input", { id: "embed-origins", name: "origins", required: true, placeholder: "https://intranet", autocomplete: "off" }), h("p", { class: "help" }, t("By commas if there are several."))),
      h("div", { class: "field" }, h("label", { for: "embed-days" }, t("Ends after")), h("select", { id: "embed-days", name: "days" }, ...DAYS.map((n) => h("option", { value: n, selected: n === 90 }, tn("{n} day", "{n} days", n))))),
      /** @type {HTMLElement} */ (this.problem),
      h("div", { class: "acts" }, h("button", { type: "button", onclick: () => this.dialog?.close() }, t("Cancel")), h("button", { class: "primary" }, t("Make the address"))),
    );
  }

  /** @param {Event} event */
  async #make(event) {
    event.preventDefault();
    const given = new FormData(this.form);
    const list = (/** @type {string} */ name) => String(given.get(name) ?? "").split(/[\s,，]+/).filter(Boolean);
    try {
      const made = await postJSON(
        "/api/v1/embeds",
        { query: location.search.slice(1), title: given.get("title"), layers: given.getAll("layer"), areas: list("areas"), origins: list("origins"), days: Number(given.get("days")) },
      );
      this.#show(made);
    } catch (error) {
      const problem = /** @type {HTMLElement} */ (this.problem);
      problem.textContent = /** @type {Error} */ (error).message;
      problem.hidden = false;
    }
  }

  /** @param {any} made */
  #show(made) {
    const code = `<iframe src="${made.address}?lang=${LANG}" width="800" height="500" title="${made.title.replaceAll(/[<>"&]/g, " ")}" loading="lazy"></iframe>`;
    const text = h("textarea", { readonly: true, rows: 5, "aria-label": t("Code for the other site") }, code);
    const copy = async () => {
      /** @type {HTMLTextAreaElement} */ (text).select();
      await navigator.clipboard?.writeText(code).catch(() => null);
    };
    fill(
      /** @type {HTMLFormElement} */ (this.form),
      h("p", { class: "note", role: "status" }, t("This is the code with the map's address. It is shown this once only.")),
      text,
      h("p", { class: "hint" }, h("a", { href: "/shares" }, t("My prints and shared maps")), " ", t("lists it, and withdraws it.")),
      h("div", { class: "acts" }, h("button", { type: "button", class: "primary", onclick: copy }, t("Copy")), h("button", { type: "button", onclick: () => this.dialog?.close() }, t("Close"))),
    );
  }
}
