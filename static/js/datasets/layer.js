/**
 * One uploaded layer in the drawer: its facts, name, audience, words about it, and the mends that can be undone.
 * @module city/datasets/layer
 */
import { newKey, patchJSON, postJSON, sendJSON } from "http";
import { ask, toast } from "dialogs";
import { formatTime, t, tn } from "words";
import { fill, h, icon } from "city/map/dom.js";
import { count } from "city/map/format.js";
import { audience } from "city/datasets/audience.js";
import { card } from "city/datasets/findings.js";

export class LayerSheet {
  /**
   * @param {HTMLElement} root
   * @param {any} layer
   * @param {{mayPublish: boolean, close: () => void, zoom: () => void, changed: (layer: any) => void, remade: (answer: any) => void, gone: () => void}} hooks
   */
  constructor(root, layer, hooks) {
    this.root = root;
    this.layer = layer;
    this.hooks = hooks;
    this.draw();
    /** @type {HTMLElement} */ (root.querySelector("h2")).focus({ preventScroll: true });
  }

  draw() {
    const { layer } = this;
    fill(this.root,
      h("header", { class: "drawer-head" },
        h("h2", { tabindex: "-1" }, layer.title),
        h("button", { type: "button", class: "quiet square", "aria-label": t("Close"), title: t("Close (Esc)"), onclick: this.hooks.close }, icon("close"))),
      this.#facts(),
      h("div", { class: "drawer-acts" },
        h("button", { type: "button", disabled: !layer.bounds, onclick: this.hooks.zoom }, t("Show all of it")),
        h("a", { class: "button", href: `/map?on=areas,${layer.id}&layer=${layer.id}` }, t("Open on the map"))),
      this.#mends(),
      layer.may_change ? this.#form() : this.#about(),
      layer.may_change ? h("p", { class: "layer-end" }, h("button", { type: "button", class: "danger", onclick: () => this.#remove() }, t("Delete the layer"))) : null);
  }

  #facts() {
    const { layer } = this;
    const { origin } = layer;
    const refused = Object.values(origin.refused ?? {}).reduce((sum, n) => sum + Number(n), 0);
    const facts = [
      [t("Row count"), `${count(layer.rows)} ${layer.kind_words}`],
      refused ? [t("Stayed out"), tn("{n} row", "{n} rows", refused)] : null,
      origin.file ? [t("Made of"), origin.file] : null,
      origin.datum ? [t("Coordinates"), layer.datum_words] : null,
      layer.owner ? [t("Owner"), layer.owner] : null,
      [t("Changed"), formatTime(layer.changed_at)],
      [t("Address"), `/ogc/collections/${layer.id}`],
    ];
    return h("dl", { class: "facts" }, ...facts.filter((one) => one !== null).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  }

  #mends() {
    const { layer } = this;
    if (!layer.mends.length) return null;
    const busy = !layer.may_change;
    const cards = layer.mends.map((/** @type {any} */ one) => card(one, { on: one.taken, disabled: busy || one.key === "split", tick: (on) => this.#mend(one, on) }));
    return h("section", { "aria-labelledby": "layer-mends" },
      h("h3", { id: "layer-mends" }, t("Mends")),
      h("p", { class: "hint" }, layer.may_change ? t("Untick one to undo it: the layer is made anew from the kept file.") : t("What was mended when the layer was made.")),
      h("ul", { class: "findings" }, ...cards));
  }

  /** @param {any} finding @param {boolean} on */
  async #mend(finding, on) {
    for (const one of this.root.querySelectorAll(".findings input")) /** @type {HTMLInputElement} */ (one).disabled = true;
    try {
      const answer = await postJSON(`/api/v1/datasets/${this.layer.id}/mends`, { mends: { [finding.key]: on } }, { key: newKey() });
      toast(on ? t("Mended: {what}", { what: finding.words.title }) : t("Undone: {what}", { what: finding.words.title }));
      this.hooks.remade(answer);
    } catch (error) {
      toast(/** @type {Error} */ (error).message);
      this.draw();
    }
  }

  #about() {
    const { about } = this.layer;
    const words = { source: t("Source"), licence: t("Licence"), as_of: t("As of"), quality: t("Quality") };
    const said = Object.entries(words).filter(([name]) => about[name]);
    return said.length ? h("dl", { class: "facts" }, ...said.flatMap(([name, word]) => [h("dt", {}, word), h("dd", {}, about[name])])) : null;
  }

  #form() {
    const { layer } = this;
    const { about } = layer;
    const who = audience("layer", layer.audience, this.hooks.mayPublish);
    const field = (/** @type {string} */ name, /** @type {string} */ word, /** @type {string} */ value, /** @type {any} */ more = {}) =>
      h("div", { class: "field" }, h("label", { for: `layer-${name}` }, word),
        more.rows ? h("textarea", { id: `layer-${name}`, name, ...more }, value) : h("input", { id: `layer-${name}`, name, value, autocomplete: "off", ...more }));
    const problem = h("p", { class: "alert", role: "alert", hidden: true });
    const form = h("form", { class: "form map-form", novalidate: true },
      field("title", t("Title"), layer.title, { maxlength: 200 }), who.element,
      field("source", t("Source"), about.source ?? "", { maxlength: 300 }), field("licence", t("Licence"), about.licence ?? "", { maxlength: 300 }),
      field("as_of", t("As of"), about.as_of ?? "", { maxlength: 300 }), field("quality", t("Quality"), about.quality ?? "", { maxlength: 2000, rows: 2 }),
      h("div", { class: "form-foot" }, problem, h("button", { class: "primary wide" }, t("Save"))));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const said = Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (form)));
      const { title, source, licence, as_of, quality } = said;
      try {
        this.layer = await patchJSON(`/api/v1/datasets/${layer.id}`, { title, audience: who.value(), about: { source, licence, as_of, quality } });
        toast(t("Saved"));
        this.hooks.changed(this.layer);
        this.draw();
      } catch (error) {
        problem.hidden = false;
        problem.textContent = /** @type {Error} */ (error).message;
      }
    });
    return form;
  }

  async #remove() {
    const words = t("{title} and its {n} rows are deleted, with the kept file if no other layer is made of it. It can't be undone.", { title: this.layer.title, n: count(this.layer.rows) });
    if (!(await ask({ words, act: t("Delete the layer") }))) return;
    try {
      await sendJSON("DELETE", `/api/v1/datasets/${this.layer.id}`, undefined);
      this.hooks.gone();
    } catch (error) {
      toast(/** @type {Error} */ (error).message);
    }
  }
}
