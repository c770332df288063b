/**
 * The planning desk put together: map, list of uploaded layers, the doctor's report and a layer's sheet in the drawer.
 * The address says what is open: ?layer=ID or ?upload=KEY, and &on=IDS for what is switched on.
 * @module city/datasets/page
 */
import { getJSON } from "http";
import { toast } from "dialogs";
import { t } from "words";
import { baseStyle, followTheme, makeMap } from "city/map/basemap.js";
import { Banner } from "city/map/banner.js";
import { Camera } from "city/map/camera.js";
import { addControls } from "city/map/controls.js";
import { fill } from "city/map/dom.js";
import { Sheet } from "city/map/sheet.js";
import { Drop } from "city/datasets/drop.js";
import { LayerSheet } from "city/datasets/layer.js";
import { draw } from "city/datasets/list.js";
import { Preview } from "city/datasets/preview.js";
import { Report } from "city/datasets/report.js";
import { Shown } from "city/datasets/shown.js";
import { settled } from "city/datasets/upload.js";

/** @param {string} selector @returns {HTMLElement} */
const part = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

/** @param {HTMLElement} stage */
export async function mount(stage) {
  const banner = new Banner(part("[data-part=banner]"));
  try {
    const [city, style, told] = await Promise.all([getJSON("/api/v1/city"), baseStyle(), getJSON("/api/v1/datasets")]);
    await new Desk(stage, banner, city, style, told.items).start();
  } catch (error) {
    banner.failed(/** @type {Error} */ (error), () => location.reload());
    console.warn("planning:", error);
  }
}

class Desk {
  /** @param {HTMLElement} stage @param {Banner} banner @param {any} city @param {any} style @param {any[]} items */
  constructor(stage, banner, city, style, items) {
    this.stage = stage;
    this.banner = banner;
    this.items = items;
    this.mayPublish = Boolean(stage.dataset.mayPublish);
    this.map = makeMap(part("[data-part=map]"), { style, center: city.center, zoom: 12, bearing: 0 });
    /** @type {any} */ (stage).map = this.map; // tests and pictures wait for its `idle`
    this.panel = new Sheet(part("#map-panel"), "half");
    this.sheet = new Sheet(part("#map-drawer"), "half");
    this.camera = new Camera(this.map, part("#map-panel"), part("#map-drawer"));
    this.camera.fit(city.bbox, { animate: false, padding: 24 });
    this.body = part("[data-part=drawer]");
    this.selected = "";
    this.upload = "";
    this.mine = false;
    /** @type {any[]} */
    this.waiting = [];
  }

  async start() {
    const { map } = this;
    this.list();
    if (!map.isStyleLoaded()) await new Promise((done) => map.once("load", done));
    this.shown = new Shown(map);
    this.preview = new Preview(map, part("[data-part=compare]"));
    this.preview.draw();
    addControls(part("[data-part=buttons]"), map, { say: (words) => this.banner.say(words), pick: () => {}, help: () => this.banner.say(t("Esc closes what is open; arrows, + and − move the map when it has the focus.")) });
    followTheme(map, async () => {
      this.preview?.draw();
      await this.shown?.restyle();
    });
    if (this.stage.dataset.mayUpload) new Drop(part("[data-part=drop]"), part("[data-part=veil]"), { begun: () => this.close(), done: (upload) => this.#came(upload) });
    addEventListener("popstate", () => this.#fromAddress(false));
    document.addEventListener("keydown", (event) => event.key === "Escape" && !document.querySelector("dialog[open]") && this.close());
    map.on("error", (/** @type {any} */ event) => this.banner.mapError(event));
    await Promise.all([this.#fromAddress(true), this.#drafts()]);
    this.list();
    this.stage.dataset.state = "ready";
  }

  list() {
    part("[data-part=count]").textContent = String(this.items.length);
    draw(part("[data-part=rows]"), this.items, this.waiting, {
      upload: this.upload,
      mine: this.mine,
      only: (mine) => {
        this.mine = mine;
        this.list();
      },
      reopen: (key) => {
        this.#address(true, { upload: key });
        this.#reopen(key);
      },
      on: new Set(this.shown?.on.keys() ?? []),
      selected: this.selected,
      switched: (id, on) => this.#switch(id, on),
      open: (id) => this.open(id, { fit: true }),
    });
  }

  /** @param {boolean} first */
  async #fromAddress(first) {
    const asked = new URLSearchParams(location.search);
    if (first) await Promise.all((asked.get("on") ?? "").split(",").filter(Boolean).map((id) => this.shown?.add(id).catch(() => null)));
    const [layer, upload] = [asked.get("layer"), asked.get("upload")];
    if (layer) await this.open(layer, { push: false, fit: first });
    else if (upload) await this.#reopen(upload);
    else this.#hide();
    this.list();
  }

  /** @param {boolean} push @param {{layer?: string, upload?: string}} what */
  #address(push, what = {}) {
    const asked = new URLSearchParams();
    if (what.layer) asked.set("layer", what.layer);
    if (what.upload) asked.set("upload", what.upload);
    const on = [...(this.shown?.on.keys() ?? [])].filter((id) => id !== what.layer);
    if (on.length) asked.set("on", on.join(","));
    const url = `/planning${asked.size ? `?${asked}` : ""}`;
    if (push) history.pushState(null, "", url);
    else history.replaceState(null, "", url);
  }

  /** @param {string} id @param {boolean} on */
  async #switch(id, on) {
    if (on) await this.shown?.add(id).catch((error) => toast(error.message));
    else this.shown?.remove(id);
    this.#address(false, { layer: this.selected });
    this.list();
  }

  /** @param {string} id @param {{push?: boolean, fit?: boolean}} [how] */
  async open(id, { push = true, fit = false } = {}) {
    try {
      const layer = await getJSON(`/api/v1/datasets/${encodeURIComponent(id)}`);
      await this.shown?.add(id);
      this.selected = id;
      this.upload = "";
      if (push) this.#address(true, { layer: id });
      this.#layer(layer);
      if (fit) this.#zoom(layer);
      this.list();
      if (layer.upload?.state === "making") this.#wait(layer.upload);
    } catch (error) {
      toast(/** @type {Error} */ (error).message);
      this.close();
    }
  }

  /** @param {any} layer */
  #layer(layer) {
    this.preview?.show(null);
    this.#show();
    new LayerSheet(this.body, layer, {
      mayPublish: this.mayPublish,
      close: () => this.close(),
      zoom: () => this.#zoom(layer),
      changed: () => this.refresh(),
      remade: (answer) => (answer.items[0] ? this.#remade(answer.items[0]) : this.#wait(answer.upload)),
      gone: () => {
        this.shown?.remove(layer.id);
        this.close();
        this.refresh();
        toast(t("{title} is deleted.", { title: layer.title }));
      },
    });
  }

  /** @param {any} layer */
  async #remade(layer) {
    await this.shown?.again(layer.id);
    this.#layer(layer);
    this.refresh();
  }

  /** @param {any} layer */
  #zoom(layer) {
    if (!layer.bounds) return;
    this.map.resize();
    this.camera.fit(layer.bounds, { animate: false });
  }

  /** @param {any} upload */
  #came(upload) {
    this.#address(true, { upload: upload.key });
    this.#report(upload);
    this.refresh();
  }

  /** @param {string} key */
  async #reopen(key) {
    try {
      const upload = await getJSON(`/api/v1/datasets/uploads/${encodeURIComponent(key)}`);
      this.#report(await settled(upload, (share) => this.banner.say(t("Examining: {share} %", { share: Math.round(share * 100) }))));
    } catch (error) {
      toast(/** @type {Error} */ (error).message);
      this.close();
    }
  }

  /** @param {any} upload */
  #report(upload) {
    this.selected = "";
    this.upload = upload.key;
    this.#show();
    this.list();
    this.map.resize();
    new Report(this.body, upload, {
      preview: /** @type {Preview} */ (this.preview),
      mayPublish: this.mayPublish,
      close: () => this.close(),
      forgot: () => this.refresh(),
      made: (answer) => (answer.items.length ? this.#made(answer.items.map((/** @type {any} */ one) => one.id)) : this.#wait(answer.upload)),
    });
  }

  /** @param {any} upload that the worker makes into layers */
  async #wait(upload) {
    try {
      const done = await settled(upload, (share) => this.banner.say(t("Making the layer: {share} %", { share: Math.round(share * 100) })));
      for (const id of done.made) this.shown?.remove(id);
      await this.#made(done.made);
    } catch (error) {
      toast(/** @type {Error} */ (error).message, { stays: true });
    }
  }

  /** @param {string[]} ids */
  async #made(ids) {
    this.preview?.show(null);
    await this.refresh();
    await Promise.all(ids.slice(1).map((id) => this.shown?.add(id)));
    if (ids[0]) await this.open(ids[0], { fit: true });
    if (ids.length > 1) toast(t("{n} layers were made, one for each kind.", { n: ids.length }));
  }

  async refresh() {
    const [told] = await Promise.all([getJSON("/api/v1/datasets"), this.#drafts()]);
    this.items = told.items;
    this.list();
  }

  /** Files that are examined and no layer yet: leaving the page loses none. */
  async #drafts() {
    if (this.stage.dataset.mayUpload) this.waiting = (await getJSON("/api/v1/datasets/uploads").catch(() => ({ items: [] }))).items;
  }

  #show() {
    part("#map-drawer").hidden = false;
    this.sheet.to("half");
    this.panel.to("peek");
    this.map.resize();
  }

  #hide() {
    this.preview?.show(null);
    this.selected = this.upload = "";
    part("#map-drawer").hidden = true;
    fill(this.body);
    this.map.resize();
  }

  close() {
    if (part("#map-drawer").hidden) return;
    this.#hide();
    this.panel.to("half");
    this.#address(true);
    this.list();
  }
}
