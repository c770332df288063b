/**
 * The share menu of the map: its address, a print, a file of a layer, a map for other sites.
 * @module city/printing/share
 */
import { postJSON } from "http";
import { toast } from "dialogs";
import { t } from "words";
import { mount as asMenu } from "city/core/menu.js";
import { h, icon } from "city/map/dom.js";
import { EmbedDialog } from "city/printing/embed_dialog.js";
import { PrintDialog } from "city/printing/print_dialog.js";

/**
 * @typedef {object} Desk what the menu needs of the map page
 * @property {import("maplibre-gl").Map} map
 * @property {import("city/map/store.js").Side} store
 * @property {import("city/map/layers.js").Layers} layers
 * @property {HTMLElement} stage
 */

/** @param {HTMLElement} root where the map's buttons stand @param {Desk} desk */
export function addShare(root, desk) {
  const print = new PrintDialog(desk);
  const embed = desk.stage.dataset.mayEmbed ? new EmbedDialog(desk) : null;
  const body = h("div", { class: "menu-body" });
  const menu = /** @type {HTMLDetailsElement} */ (
    h(
      "details",
      { class: "menu share-menu" },
      h("summary", { class: "map-button", "aria-label": t("Print and share"), title: t("Print and share") }, icon("share")),
      body,
    )
  );
  const item = (/** @type {any} */ name, /** @type {string} */ words, /** @type {() => void} */ act) =>
    h("button", { type: "button", onclick: () => shut(menu, act) }, icon(name), words);
  body.append(
    item("print", t("Print or atlas (PDF)"), () => print.open()),
    item("link", t("Copy this map's address"), () => copy(location.href)),
    item("pin", t("Copy a short address"), () => copyShort()),
    fileLink(desk, menu),
  );
  if (embed) body.append(item("layers", t("Show on another site"), () => embed.open()));
  body.append(h("a", { href: "/shares" }, icon("list"), t("My prints and shared maps")));
  asMenu(menu);
  root.prepend(menu);
  if (new URLSearchParams(location.hash.slice(1)).has("print")) print.open();
}

/** @param {HTMLDetailsElement} menu @param {() => void} act */
function shut(menu, act) {
  menu.open = false;
  act();
}

/** The file of the layer whose rows the list shows, in its style and under its filters. @param {Desk} desk @param {HTMLDetailsElement} menu */
function fileLink(desk, menu) {
  const link = h("a", { href: "/map", download: true }, icon("download"), h("span"));
  menu.addEventListener("toggle", () => {
    const layer = desk.layers.subject(desk.store.state);
    link.hidden = !layer;
    if (!layer) return;
    const query = desk.store.styled(layer);
    /** @type {HTMLAnchorElement} */ (link).href = `/layers/${layer.id}/map.html${query.size ? `?${query}` : ""}`;
    /** @type {HTMLElement} */ (link.lastChild).textContent = t("Map file of {layer} (HTML)", { layer: layer.title });
  });
  link.addEventListener("click", () => (menu.open = false));
  return link;
}

async function copyShort() {
  try {
    const { address } = await postJSON("/api/v1/views", { query: location.search.slice(1) });
    await copy(new URL(new URL(address).pathname, location.origin).href);
  } catch (error) {
    toast(/** @type {Error} */ (error).message);
  }
}

/** @param {string} address */
async function copy(address) {
  try {
    await navigator.clipboard.writeText(address);
    toast(t("Copied: {address}", { address }));
  } catch {
    toast(address, { stays: true });
  }
}
