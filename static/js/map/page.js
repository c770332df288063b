/**
 * The map page put together: state, map, layers, list, tree, filters, drawer, forms, live changes.
 * @module city/map/page
 */
import { getJSON } from "http";
import { t } from "words";
import { baseStyle, followTheme, makeMap } from "city/map/basemap.js";
import { Banner } from "city/map/banner.js";
import { CLOSE_ZOOM, Camera } from "city/map/camera.js";
import { addControls } from "city/map/controls.js";
import { Drawer } from "city/map/drawer.js";
import { Filters } from "city/map/filters.js";
import { Forms } from "city/map/forms.js";
import { listenKeys } from "city/map/keys.js";
import { Layers } from "city/map/layers.js";
import { MapLegend } from "city/map/legend.js";
import { RowList } from "city/map/list.js";
import { Marks } from "city/map/marks.js";
import { catchLinks } from "city/map/links.js";
import { Picker } from "city/map/pick.js";
import { bounds } from "city/map/rows.js";
import { Sheet } from "city/map/sheet.js";
import { Store } from "city/map/state.js";
import { StyleEditor } from "city/map/style_editor.js";
import { Styles } from "city/map/styles.js";
import { Tabs } from "city/map/tabs.js";
import { Thematic } from "city/map/thematic.js";
import { Tree } from "city/map/tree.js";
import { Watch } from "city/map/watch.js";
import { addShare } from "city/printing/share.js";

/** @param {string} selector @returns {HTMLElement} */
const part = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

/** @param {HTMLElement} stage */
export async function mount(stage) {
  const banner = new Banner(part("[data-part=banner]"));
  try {
    const [city, layers, style] = await Promise.all([getJSON("/api/v1/city"), Layers.load(), baseStyle()]);
    const styles = await Styles.read(JSON.parse(stage.dataset.levels ?? "[]"));
    await new Page(stage, banner, city, layers, style, styles).start();
  } catch (error) {
    banner.failed(/** @type {Error} */ (error), () => location.reload());
    console.warn("map:", error);
  }
}

class Page {
  /**
   * @param {HTMLElement} stage
   * @param {Banner} banner
   * @param {any} city facts of `/api/v1/city`
   * @param {Layers} layers
   * @param {any} style
   * @param {Styles} styles
   */
  constructor(stage, banner, city, layers, style, styles) {
    this.stage = stage;
    this.banner = banner;
    this.layers = layers;
    this.styles = styles;
    this.store = new Store();
    this.acts = (stage.dataset.acts ?? "").split(",").filter(Boolean);
    const { center, zoom, bearing } = this.store.state;
    this.map = makeMap(part("[data-part=map]"), { style, center: center ?? city.center, zoom: zoom ?? 12, bearing });
    /** @type {any} */ (stage).map = this.map; // tests and the console wait for its `idle`
    this.marks = new Marks(this.map);
    this.thematic = new Thematic(this.map, this.store, layers);
    this.panelSheet = new Sheet(part("#map-panel"), "peek");
    this.drawerSheet = new Sheet(part("#map-drawer"), "half");
    this.camera = new Camera(this.map, part("#map-panel"), part("#map-drawer"));
    if (!center) this.camera.fit(this.store.state.box ?? city.bbox, { animate: false, padding: 24 });
    this.drawer = new Drawer(part("#map-drawer"), part("[data-part=drawer]"), this.#drawerHooks());
    this.list = new RowList(part("#panel-list"), this.store, layers, this.#listHooks());
    this.tree = new Tree(
      part("[data-part=tree]"),
      this.store,
      layers,
      new MapLegend(/** @type {HTMLDetailsElement} */ (part("#map-legend"))),
      styles,
    );
    this.thematic.lost = (layer) => this.#lostStyle(layer);
    this.tabs = new Tabs(part("#map-panel"), this.store);
    this.filters = new Filters(part("[data-part=chips]"), this.store, layers, () => this.clear());
  }

  async start() {
    const { map, store } = this;
    this.#listenRows();
    this.list.load();
    if (!map.isStyleLoaded()) await new Promise((done) => map.once("load", done));
    this.marks.install();
    this.picker = new Picker(map, this.thematic, this.#pickHooks());
    this.forms = new Forms({
      map,
      drawer: this.drawer,
      store,
      marks: this.marks,
      stage: this.stage,
      acts: this.acts,
      done: (layer, id) => this.#made(layer, id),
    });
    this.watch = new Watch({ ...this, changed: (layer, id) => this.#changed(layer, id) });
    addControls(part("[data-part=buttons]"), map, {
      say: (words) => this.banner.say(words),
      pick: () => this.#pickCentre(),
      help: () => this.#help(),
    });
    addShare(part("[data-part=buttons]"), this);
    followTheme(map, () => {
      this.marks.install();
      this.thematic.restyle();
      this.tree.counts();
      this.editor?.try();
      this.list.load({ quiet: true });
    });
    this.#listen();
    catchLinks(store);
    await this.thematic.sync();
    this.#selected(true);
    this.forms.sync();
    this.#edit();
    this.stage.dataset.state = "ready";
  }

  /** List and chips work while the map is still being drawn. */
  #listenRows() {
    this.store.on(["filters", "when", "from", "to", "area", "q", "layer", "view"], () => {
      this.filters.sync();
      this.list.load();
      this.watch?.follow();
    });
    part("#map-panel").addEventListener("city:menu", () => this.panelSheet.to("full"));
  }

  #listen() {
    const { map, store } = this;
    map.on("moveend", () => this.#moved());
    map.on("error", (/** @type {any} */ event) => this.banner.mapError(event));
    store.on(["on", "off"], () => {
      this.thematic.sync();
      this.tree.sync();
      this.watch?.follow();
    });
    store.on(["styles"], () => this.#restyled());
    store.on(["edit"], () => this.#edit());
    store.on(["opacity"], () => {
      this.thematic.fade();
    });
    store.on(["filters", "when", "from", "to", "area", "q", "layer"], () => {
      this.thematic.filter();
      this.tree.counts();
      this.editor?.try();
    });
    store.on(["box"], (state) => {
      if (!state.box) return;
      this.camera.fit(state.box);
      store.set({ box: null }, { push: false });
    });
    store.on(["area"], (state) => this.#flyToArea(state.area));
    store.on(["act"], () => this.forms?.sync());
    store.on(["selected", "at", "act"], () => this.#selected(false));
    store.on(["center", "zoom", "bearing"], (state) => this.camera.restore(state));
    listenKeys({
      search: () => part("#search-box").focus(),
      create: () => this.#create(),
      step: (by) => {
        store.set({ tab: "list" });
        this.list.step(by);
      },
      escape: () => this.#escape(),
      help: () => this.#help(),
      tab: () => this.tabs.next(),
    });
  }

  clear() {
    const layer = this.layers.subject(this.store.state);
    this.store.set({
      filters: { ...this.store.state.filters, [layer?.id ?? ""]: {} },
      when: "",
      from: "",
      to: "",
      area: "",
      q: "",
      view: false,
    });
  }

  #drawerHooks() {
    return {
      acts: this.acts,
      close: () => {
        this.#escape();
      },
      zoom: (/** @type {any} */ feature) => this.camera.flyTo(feature),
      act: (/** @type {string} */ act, /** @type {[number, number]} */ at) =>
        this.store.set({ act, at, selected: null }),
      moved: (/** @type {any} */ layer, /** @type {any} */ feature) => this.#acted(layer, feature),
    };
  }

  #listHooks() {
    return {
      hover: (/** @type {any} */ feature) => this.marks.hover(feature),
      select: (/** @type {any} */ feature, /** @type {any} */ layer) => {
        this.store.set({ selected: { layer: layer.id, id: String(feature.id) }, at: null, act: "" });
        this.camera.flyTo(feature, true);
      },
      selectArea: (/** @type {any} */ item) => this.store.set({ area: item.code }),
      clear: () => this.clear(),
      viewBox: () => /** @type {[number, number, number, number]} */ (this.map.getBounds().toArray().flat()),
    };
  }

  #pickHooks() {
    return {
      busy: () => Boolean(this.store.state.act || this.store.state.edit),
      select: (/** @type {any} */ feature, /** @type {any} */ layer) =>
        this.store.set({ selected: { layer: layer.id, id: String(feature.id) }, at: null }),
      place: (/** @type {any} */ { lng, lat }) => this.store.set({ selected: null, at: [lng, lat] }),
      hover: (/** @type {string|null} */ id, /** @type {any} */ layer) =>
        this.list.light(layer && layer.id === this.list.subjectId() ? id : null),
    };
  }

  /** @param {boolean} first whether the page opens with it: then the map goes there */
  async #selected(first) {
    const { selected, at, act, edit, center, zoom } = this.store.state;
    this.list.mark(selected);
    this.marks.place(act ? null : at);
    this.marks.select(null);
    if (first && at && !center) this.map.jumpTo({ center: at, zoom: zoom ?? CLOSE_ZOOM });
    if (edit && (selected || act)) return this.store.set({ edit: "" }, { push: false });
    if (act || edit) return undefined;
    const layer = selected && this.layers.get(selected.layer);
    if (layer) {
      const feature = await this.drawer.row(layer, selected.id);
      if (!feature) return undefined;
      this.marks.select(feature);
      if (first && !center) this.camera.flyTo(feature);
      else this.camera.reveal(feature);
    } else if (at) this.drawer.place(at);
    else this.drawer.hide();
    return undefined;
  }

  /** Open or close the style editor as the state says. */
  #edit() {
    const { edit, act } = this.store.state;
    if (this.editor?.layer.id === edit) return;
    const was = this.editor;
    this.editor = null;
    was?.close();
    const layer = this.layers.get(edit);
    if (layer && layer.theme !== "base" && !act) {
      this.editor = new StyleEditor(this, layer);
      this.editor.open().catch((error) => this.banner.say(error.message));
    } else if (was) {
      this.tree.redraw();
      this.#selected(false);
    }
  }

  /** Another kept style was chosen: the map, the legend and the switches follow. */
  #restyled() {
    for (const id of this.thematic.shown.keys()) {
      const layer = this.layers.get(id);
      if (layer) this.thematic.redraw(layer);
    }
    this.tree.sync();
  }

  /** @param {import("city/map/layers.js").LayerInfo} layer */
  #lostStyle(layer) {
    const { [layer.id]: _gone, ...rest } = this.store.state.styles;
    this.store.set({ styles: rest }, { push: false });
    this.banner.say(t("The style of {layer} is not there, or not for you to see. This is the usual one.", { layer: layer.title }));
  }

  /**
   * A record was moved on in the drawer: its facts, its mark, the list and the counts say so at once.
   * @param {import("city/map/layers.js").LayerInfo} layer
   * @param {any} feature
   */
  async #acted(layer, feature) {
    this.thematic.touched(layer.id, bounds(feature.geometry));
    this.list.load({ quiet: true });
    this.tree.count(layer);
    await this.drawer.row(layer, String(feature.id));
  }

  #moved() {
    const { lng, lat } = this.map.getCenter();
    this.store.set({ center: [lng, lat], zoom: this.map.getZoom(), bearing: this.map.getBearing() }, { push: false });
    if (this.store.state.view) this.list.load({ quiet: true });
  }

  /** @param {string} code */
  async #flyToArea(code) {
    if (!code) return;
    const area = (await this.filters.areas.load()).find((one) => one.code === code);
    if (area?.bbox) this.camera.fit(/** @type {any} */ (area.bbox), { padding: 40 });
  }

  #create() {
    if (this.acts[0]) this.store.set({ act: this.acts[0], selected: null });
  }

  #pickCentre() {
    if (this.store.state.act) this.forms?.click(this.map.getCenter());
    else this.picker?.at(this.map.project(this.map.getCenter()));
  }

  /** @returns {boolean} whether there was anything to leave */
  #escape() {
    if (this.picker?.close()) return true;
    if (this.forms?.escape()) return true;
    if (this.store.state.edit) {
      this.store.set({ edit: "" });
      return true;
    }
    if (!this.store.state.selected && !this.store.state.at) return false;
    const { selected } = this.store.state;
    this.store.set({ selected: null, at: null });
    if (selected)
      /** @type {HTMLElement|null} */ (
        document.querySelector(`#panel-list [data-id="${CSS.escape(selected.id)}"] > .row`)
      )?.focus();
    return true;
  }

  #help() {
    /** @type {HTMLDialogElement} */ (part("#map-help")).showModal();
  }

  /**
   * A record has been made here: show it, selected, with the list of its layer.
   * @param {string} layerId
   * @param {number|null} id
   */
  #made(layerId, id) {
    const layer = this.layers.get(layerId);
    const selected = id !== null && layer && !layer.floor ? { layer: layerId, id: String(id) } : null;
    this.store.set({
      act: "",
      at: null,
      selected,
      layer: layer ? layerId : this.store.state.layer,
      ...(layer ? this.layers.switched(this.store.state, layer, true) : {}),
    });
    this.thematic.touched(layerId, null);
    this.list.load({ quiet: true });
    if (layer) this.tree.count(layer);
  }

  /**
   * @param {import("city/map/layers.js").LayerInfo} layer
   * @param {number} id
   */
  #changed(layer, id) {
    const { selected, act } = this.store.state;
    if (!act && selected?.layer === layer.id && selected.id === String(id)) this.drawer.changed(layer, selected.id);
  }
}
