/**
 * The layer tree: themes, a switch for each layer, its opacity, and its legend with the count of every class.
 * @module city/map/tree
 */
import { t } from "words";
import { fill, h, icon } from "city/map/dom.js";
import { count } from "city/map/format.js";
import { body } from "city/map/legend.js";

/** @typedef {import("city/map/layers.js").LayerInfo} LayerInfo */

export class Tree {
  /**
   * @param {HTMLElement} root
   * @param {import("city/map/store.js").Side} store
   * @param {import("city/map/layers.js").Layers} layers
   * @param {() => import("city/map/legends.js").Legends} legendsNow of the map that the panel steers
   * @param {import("city/map/styles.js").Styles} styles
   */
  constructor(root, store, layers, legendsNow, styles) {
    this.root = root;
    this.store = store;
    this.layers = layers;
    this.legendsNow = legendsNow;
    /** @type {Map<string, HTMLElement>} legends by layer id */
    this.legends = new Map();
    this.styles = styles;
    this.words = "";
    this.search = h("input", {
      type: "search",
      class: "input",
      placeholder: t("Find a layer"),
      "aria-label": t("Find a layer"),
      oninput: () => this.#find(),
    });
    this.list = h("div", { class: "tree-list" });
    fill(root, h("div", { class: "tree-tools" }, this.search), this.list);
    this.#draw();
    this.sync();
  }

  /** Switches as the state says; legends of what is on. */
  sync() {
    const on = new Set(this.layers.on(this.store.state).map((one) => one.id));
    for (const item of this.root.querySelectorAll("[data-layer]")) {
      const id = /** @type {HTMLElement} */ (item).dataset.layer ?? "";
      const box = /** @type {HTMLInputElement} */ (item.querySelector("input[type=checkbox]"));
      box.checked = on.has(id);
      item.classList.toggle("is-on", on.has(id));
      const slider = /** @type {HTMLInputElement|null} */ (item.querySelector("input[type=range]"));
      const select = /** @type {HTMLSelectElement|null} */ (item.querySelector("select"));
      if (select) select.value = this.store.state.styles[id] ?? "";
      if (slider) slider.value = String(Math.round((this.store.state.opacity[id] ?? 1) * 100));
    }
    for (const layer of this.layers.all) this.show(layer, this.legendsNow().known.get(layer.id));
  }

  /**
   * @param {LayerInfo} layer
   * @param {import("city/map/legend.js").Legend|null} [legend] null: it could not be read
   */
  show(layer, legend) {
    const holder = this.legends.get(layer.id);
    if (!holder) return;
    if (legend) this.#legend(holder, legend, layer.floor !== null);
    else fill(holder, legend === null ? h("span", { class: "hint" }, t("The legend could not be read.")) : null);
  }

  /** After styles or layers at hand have changed. */
  redraw() {
    this.#draw();
    this.sync();
  }

  #find() {
    this.words = /** @type {HTMLInputElement} */ (this.search).value.trim().toLowerCase();
    this.redraw();
  }

  /** @returns {{id: string, title: string, layers: LayerInfo[]}[]} what is at hand first; only what is looked for */
  #themes() {
    const fits = (/** @type {LayerInfo} */ one) => `${one.title} ${one.id} ${one.theme_title}`.toLowerCase().includes(this.words);
    const themes = this.layers.themes().map((one) => ({ ...one, layers: one.layers.filter(fits) }));
    const isKept = (/** @type {LayerInfo} */ one) => this.styles.favourites.has(one.id);
    const kept = { id: "kept", title: t("At hand"), layers: themes.flatMap((one) => one.layers.filter(isKept)) };
    const others = themes.map((one) => ({ ...one, layers: one.layers.filter((layer) => !isKept(layer)) }));
    return [kept, ...others].filter((one) => one.layers.length > 0);
  }

  #draw() {
    const themes = this.#themes();
    this.legends.clear();
    fill(
      this.list,
      themes.length ? null : h("p", { class: "hint tree-none" }, t("No layer is called so.")),
      ...themes
        .map((theme) =>
          h(
            "section",
            { class: "tree-theme" },
            h("h2", {}, theme.title),
            h("ul", {}, ...theme.layers.map((one) => this.#item(one))),
          ),
        ),
    );
  }

  /** @param {LayerInfo} layer */
  #item(layer) {
    const legend = h("div", { class: "legend", id: `legend-${layer.id}` });
    this.legends.set(layer.id, legend);
    const box = h("input", {
      type: "checkbox",
      class: "switch",
      role: "switch",
      id: `layer-${layer.id}`,
      onchange: (/** @type {Event} */ event) =>
        this.store.set(
          this.layers.switched(this.store.state, layer, /** @type {HTMLInputElement} */ (event.target).checked),
        ),
    });
    const more = h(
      "details",
      { class: "tree-more" },
      h("summary", { "aria-label": t("Opacity and files of {layer}", { layer: layer.title }) }, icon("more")),
      this.#style(layer),
      this.#opacity(layer),
      layer.may_export || layer.listed ? this.#files(layer) : null,
    );
    return h(
      "li",
      { class: "tree-layer", dataset: { layer: layer.id } },
      h(
        "div",
        { class: "tree-head" },
        h("label", { for: `layer-${layer.id}`, class: "tree-label" }, box, h("span", {}, layer.title)),
        this.#star(layer),
        layer.theme === "base" ? null : more,
      ),
      layer.theme === "base" ? null : legend,
    );
  }

  /** @param {LayerInfo} layer */
  #star(layer) {
    const isKept = this.styles.favourites.has(layer.id);
    const words = isKept ? t("{layer} is at hand", { layer: layer.title }) : t("Keep {layer} at hand", { layer: layer.title });
    const turn = async () => {
      await this.styles.keep(layer.id, !isKept);
      this.redraw();
      /** @type {HTMLElement|null} */ (this.list.querySelector(`[data-layer="${CSS.escape(layer.id)}"] .star`))?.focus();
    };
    return h(
      "button",
      { type: "button", class: "star quiet", "aria-pressed": String(isKept), "aria-label": words, title: words, onclick: turn },
      icon("star"),
    );
  }

  /**
   * Which of the kept styles it is drawn in, and the way to make another.
   * @param {LayerInfo} layer
   */
  #style(layer) {
    const id = `style-of-${layer.id}`;
    const choose = (/** @type {Event} */ event) => {
      const { [layer.id]: _before, ...rest } = this.store.state.styles;
      const { value } = /** @type {HTMLSelectElement} */ (event.target);
      this.store.set({ styles: value ? { ...rest, [layer.id]: value } : rest });
    };
    return h(
      "div",
      { class: "tree-style" },
      h("label", { for: id }, t("Style")),
      h(
        "select",
        { id, onchange: choose },
        h("option", { value: "" }, t("The usual one")),
        ...this.styles.of(layer.id).map((one) => h("option", { value: one.id }, one.own ? one.title : t("{title} (shared)", { title: one.title }))),
      ),
      h("button", { type: "button", dataset: { edit: layer.id }, onclick: () => this.#edit(layer) }, t("Change")),
    );
  }

  /** @param {LayerInfo} layer */
  #edit(layer) {
    this.store.set({ ...this.layers.switched(this.store.state, layer, true), edit: layer.id, act: "", selected: null, at: null });
  }

  /** @param {LayerInfo} layer */
  #opacity(layer) {
    const slide = (/** @type {Event} */ event) => {
      const share = Number(/** @type {HTMLInputElement} */ (event.target).value) / 100;
      this.store.set({ opacity: { ...this.store.state.opacity, [layer.id]: share } }, { push: false });
    };
    return h(
      "label",
      { class: "tree-opacity" },
      t("Opacity"),
      h("input", { type: "range", min: 10, max: 100, step: 10, value: 100, oninput: slide }),
    );
  }

  /** @param {LayerInfo} layer */
  #files(layer) {
    const link = (/** @type {string} */ words, /** @type {string} */ path, /** @type {string} */ extra = "") =>
      h(
        "a",
        {
          class: "link",
          href: path,
          download: true,
          onclick: (/** @type {Event} */ event) => this.#aim(event, layer, path, extra),
        },
        words,
      );
    const files = [
      ["GeoJSON", "geojson"],
      ["GeoPackage", "gpkg"],
      ["CSV", "csv"],
    ];
    return h(
      "div",
      { class: "tree-files" },
      h("a", { class: "link", href: `/layers/${layer.id}` }, t("About this layer")),
      link(t("Map file (HTML)"), `/layers/${layer.id}/map.html`),
      ...(layer.may_export && !layer.floor
        ? files.map(([words, format]) => link(words, `/layers/${layer.id}/export`, `format=${format}`))
        : []),
    );
  }

  /**
   * A file holds the rows that the list shows: its address gets the filters of the moment at the click.
   * @param {Event} event
   * @param {LayerInfo} layer
   * @param {string} path
   * @param {string} extra
   */
  #aim(event, layer, path, extra) {
    const filter = path.endsWith(".html") ? this.store.styled(layer) : this.store.query(layer);
    const query = [extra, filter.toString()].filter(Boolean).join("&");
    /** @type {HTMLAnchorElement} */ (event.currentTarget).href = query ? `${path}?${query}` : path;
  }

  /**
   * @param {HTMLElement} holder
   * @param {import("city/map/legend.js").Legend} legend
   * @param {boolean} isPeople its counts are of areas, so it says what they count
   */
  #legend(holder, legend, isPeople) {
    fill(
      holder,
      legend.unit && isPeople ? h("p", { class: "hint" }, legend.unit) : null,
      body(legend),
      legend.total === null || legend.items.length < 2
        ? null
        : h("p", { class: "legend-total" }, t("Total"), h("span", { class: "num" }, count(legend.total))),
    );
    holder.dataset.total = String(legend.total ?? "");
  }
}
