/**
 * Filters as chips: a chip for each filterable field of the listed layer, for time, area and the view.
 * @module city/map/filters
 */
import { t } from "words";
import { fill, h, icon } from "city/map/dom.js";
import { count } from "city/map/format.js";
import { AreaPicker } from "city/map/area_picker.js";
import { TimePicker } from "city/map/time_picker.js";
import { isFiltered } from "city/map/layers.js";

/** @typedef {import("city/map/layers.js").LayerInfo} LayerInfo */
/** @typedef {import("city/map/layers.js").FieldInfo} FieldInfo */

const SEARCH_FROM = 12; // choices; a longer list gets a search box

export class Filters {
  /**
   * @param {HTMLElement} root
   * @param {import("city/map/store.js").Side} store
   * @param {import("city/map/layers.js").Layers} layers
   * @param {() => void} clear
   */
  constructor(root, store, layers, clear) {
    this.root = root;
    this.store = store;
    this.layers = layers;
    this.clear = clear;
    this.areas = new AreaPicker(store);
    document.addEventListener(
      "pointerdown",
      (event) => !this.root.contains(/** @type {Node} */ (event.target)) && this.close(),
    );
    root.addEventListener("keydown", (event) => event.key === "Escape" && this.close(true) && event.stopPropagation());
    this.sync();
  }

  /** Draw the chips as the state says; an open one stays open. */
  sync() {
    const open = this.root.querySelector("[aria-expanded=true]")?.getAttribute("data-chip");
    const layer = this.layers.subject(this.store.state);
    if (!layer) return fill(this.root);
    const fields = layer.fields.filter((one) => one.filterable && one.choices && Object.keys(one.choices).length > 0);
    fill(
      this.root,
      this.#subject(layer),
      ...fields.map((one) => this.#field(layer, one)),
      layer.time_field ? this.#time() : null,
      this.#area(),
      layer.floor ? null : this.#words(layer),
      layer.floor ? null : this.#view(),
      isFiltered(this.store.state, layer)
        ? h("button", { type: "button", class: "chip chip-clear", onclick: this.clear }, t("Clear filters"))
        : null,
    );
    if (open) /** @type {HTMLElement|null} */ (this.root.querySelector(`[data-chip="${open}"]`))?.click();
    return undefined;
  }

  /** @param {boolean} [refocus] @returns {boolean} whether one was open */
  close(refocus = false) {
    const open = /** @type {HTMLElement|null} */ (this.root.querySelector("[aria-expanded=true]"));
    if (!open) return false;
    open.setAttribute("aria-expanded", "false");
    open.nextElementSibling?.remove();
    if (refocus) open.focus();
    return true;
  }

  /**
   * @param {string} id
   * @param {string} words
   * @param {boolean} active
   * @param {() => Node} content
   * @param {string} [title] what the menu chooses, where the words say what is chosen
   */
  #chip(id, words, active, content, title = words) {
    const button = h(
      "button",
      { type: "button", class: `chip${active ? " is-active" : ""}`, "aria-expanded": "false", dataset: { chip: id } },
      h("span", {}, words),
      icon("more"),
    );
    button.addEventListener("click", () => {
      const was = button.getAttribute("aria-expanded") === "true";
      this.close();
      if (was) return;
      button.setAttribute("aria-expanded", "true");
      this.root.dispatchEvent(new CustomEvent("city:menu", { bubbles: true })); // a phone's sheet makes room for it
      button.after(h("div", { class: "chip-menu", role: "group", "aria-label": title }, content()));
    });
    return h("div", { class: "chip-wrap" }, button);
  }

  /** @param {LayerInfo} layer */
  #subject(layer) {
    const choose = (/** @type {LayerInfo} */ one) => {
      this.close();
      this.store.set({ layer: one.id, q: "", ...this.layers.switched(this.store.state, one, true) });
    };
    return this.#chip("layer", layer.title, false, () =>
      h(
        "div",
        { class: "menu-list" },
        ...this.layers.listed().map((one) =>
          h(
            "button",
            {
              type: "button",
              class: "menu-item",
              "aria-current": one.id === layer.id ? "true" : null,
              onclick: () => choose(one),
            },
            one.title,
          ),
        ),
      ),
    );
  }

  /**
   * @param {LayerInfo} layer
   * @param {FieldInfo} field
   */
  #field(layer, field) {
    const chosen = this.store.state.filters[layer.id]?.[field.name] ?? [];
    const words =
      chosen.length === 1
        ? (field.choices?.[chosen[0]] ?? chosen[0])
        : chosen.length
          ? `${field.title} · ${count(chosen.length)}`
          : field.title;
    return this.#chip(`f-${field.name}`, words, chosen.length > 0, () => this.#choices(layer, field), field.title);
  }

  /**
   * @param {LayerInfo} layer
   * @param {FieldInfo} field
   */
  #choices(layer, field) {
    const chosen = new Set(this.store.state.filters[layer.id]?.[field.name] ?? []);
    const all = Object.entries(field.choices ?? {});
    const change = (/** @type {Event} */ event) => {
      const box = /** @type {HTMLInputElement} */ (event.target);
      if (box.checked) chosen.add(box.value);
      else chosen.delete(box.value);
      this.#choose(layer, field, [...chosen]);
    };
    const items = all.map(([value, words]) =>
      h(
        "label",
        { class: "menu-item" },
        h("input", { type: "checkbox", value, checked: chosen.has(value), onchange: change }),
        h("span", {}, words),
      ),
    );
    const look = (/** @type {Event} */ event) => {
      const q = /** @type {HTMLInputElement} */ (event.target).value.trim().toLowerCase();
      items.forEach((item, at) => {
        item.hidden = !all[at][1].toLowerCase().includes(q);
      });
    };
    const search =
      all.length >= SEARCH_FROM
        ? h("input", {
            type: "search",
            class: "input",
            placeholder: t("Find"),
            "aria-label": t("Find in {field}", { field: field.title }),
            oninput: look,
          })
        : null;
    return h("div", {}, search, h("div", { class: "menu-list" }, ...items));
  }

  /**
   * @param {LayerInfo} layer
   * @param {FieldInfo} field
   * @param {string[]} values
   */
  #choose(layer, field, values) {
    const { filters } = this.store.state;
    const { [field.name]: _, ...rest } = filters[layer.id] ?? {};
    this.store.set({ filters: { ...filters, [layer.id]: values.length ? { ...rest, [field.name]: values } : rest } });
  }

  #time() {
    const picker = new TimePicker(this.store, () => this.close(true));
    return this.#chip("time", picker.words(), picker.active(), () => picker.element());
  }

  #area() {
    return this.#chip("area", this.areas.words(), Boolean(this.store.state.area), () =>
      this.areas.element(() => this.close(true)),
    );
  }

  /** @param {LayerInfo} layer words that stand in its rows */
  #words(layer) {
    const { q } = this.store.state;
    const look = (/** @type {Event} */ event) => {
      event.preventDefault();
      this.close(true);
      this.store.set({
        q: String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("words") ?? "").trim(),
        layer: layer.id,
      });
    };
    return this.#chip("words", q ? t("“{words}”", { words: q }) : t("Words"), Boolean(q), () =>
      h(
        "form",
        { class: "menu-words", onsubmit: look },
        h("input", {
          type: "search",
          name: "words",
          value: q,
          maxlength: 100,
          "aria-label": t("Words in the rows"),
          placeholder: t("Number, description, address"),
        }),
        h("button", { class: "primary" }, t("Find")),
      ),
    );
  }

  #view() {
    const { view } = this.store.state;
    return h(
      "button",
      {
        type: "button",
        class: `chip${view ? " is-active" : ""}`,
        "aria-pressed": String(view),
        onclick: () => this.store.set({ view: !view }),
      },
      t("In view"),
    );
  }
}
