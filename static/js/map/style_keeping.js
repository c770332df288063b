/**
 * The foot of the style editor: its name, whether it is everyone's, keeping it and taking it away. What was typed stays,
 * whatever else of the style changes.
 * @module city/map/style_keeping
 */
import { postJSON, sendJSON } from "http";
import { t } from "words";
import { h } from "city/map/dom.js";
import { field, tick } from "city/map/style_fields.js";

export class Keeping {
  /** @param {import("city/map/style_editor.js").StyleEditor} editor */
  constructor(editor) {
    this.editor = editor;
    const { kept } = editor;
    this.title = kept?.own || kept?.may_change ? kept.title : "";
    this.shared = kept?.shared ?? false;
  }

  foot() {
    const title = h("input", { id: "style-title", name: "title", class: "input", maxlength: 100, value: this.title, oninput: (/** @type {Event} */ event) => (this.title = /** @type {HTMLInputElement} */ (event.target).value) });
    const shared = this.editor.desk.styles.mayShare ? tick(t("For everyone who may see the layer"), this.shared, (one) => (this.shared = one), "shared") : null;
    const changes = this.editor.kept?.may_change;
    return h(
      "div",
      { class: "style-foot" },
      field("style-title", t("Name of the style"), title),
      shared,
      h(
        "div",
        { class: "acts" },
        h("button", { type: "button", class: "primary", onclick: () => this.save(Boolean(changes)) }, changes ? t("Keep the changes") : t("Keep the style")),
        changes ? h("button", { type: "button", onclick: () => this.save(false) }, t("Keep as another")) : null,
        changes ? h("button", { type: "button", class: "danger", onclick: () => this.remove() }, t("Take away")) : null,
      ),
    );
  }

  /** @param {boolean} changes the kept one; else another is made */
  async save(changes) {
    const title = this.title.trim();
    const { mayShare } = this.editor.desk.styles;
    if (!title) return this.editor.say(t("The style needs a name."), "#style-title");
    const declared = this.editor.draft.kind === "category" && this.editor.told?.declared.field === this.editor.draft.field ? { ...this.editor.draft, colours: { ...this.editor.told.declared.colours, ...this.editor.draft.colours } } : this.editor.draft;
    try {
      const made = changes
        ? await sendJSON("PATCH", `/api/v1/styles/${this.editor.kept?.id}`, { title, declared, ...(mayShare && { shared: this.shared }) })
        : await postJSON("/api/v1/styles", { layer: this.editor.layer.id, title, declared, shared: mayShare && this.shared });
      await this.editor.desk.styles.load();
      const { styles } = this.editor.desk.store.state;
      this.editor.desk.store.set({ styles: { ...styles, [this.editor.layer.id]: String(made.id) }, edit: "" });
    } catch (error) {
      this.editor.say(/** @type {Error} */ (error).message);
    }
    return undefined;
  }

  async remove() {
    const asked = this.editor.kept?.shared ? t("Take the style away? It is gone for everyone who uses it.") : t("Take the style away?");
    if (!this.editor.kept || !window.confirm(asked)) return;
    try {
      await sendJSON("DELETE", `/api/v1/styles/${this.editor.kept.id}`, undefined);
      await this.editor.desk.styles.load();
      const { [this.editor.layer.id]: _gone, ...rest } = this.editor.desk.store.state.styles;
      this.editor.desk.store.set({ styles: rest, edit: "" });
    } catch (error) {
      this.editor.say(/** @type {Error} */ (error).message);
    }
  }
}
