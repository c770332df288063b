/**
 * Where the map looks: at what is selected, back to what the address says, and never at what a sheet hides.
 * @module city/map/camera
 */
import { bounds } from "city/map/rows.js";

/** @typedef {import("maplibre-gl").Map} Map */
/** @typedef {[number, number, number, number]} Box west, south, east, north */

export const CLOSE_ZOOM = 16.5;
const NEAR_ZOOM = 14;
const WIDEST_SHARE = 0.6; // of the window: a sheet that hides more leaves no map to look at

/** @param {Box} box @returns {[number, number]} */
const middle = (box) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];

export class Camera {
  /**
   * @param {Map} map
   * @param {HTMLElement} panel a sheet on a phone
   * @param {HTMLElement} drawer another, over the panel
   */
  constructor(map, panel, drawer) {
    this.map = map;
    this.panel = panel;
    this.drawer = drawer;
    const sheets = new ResizeObserver(() => this.#pad());
    sheets.observe(panel);
    sheets.observe(drawer);
    map.on("resize", () => this.#pad());
    this.#pad();
  }

  /**
   * @param {Box} box
   * @param {{animate?: boolean, padding?: number}} [how]
   */
  fit(box, how = {}) {
    this.map.fitBounds(box, { padding: 60, maxZoom: CLOSE_ZOOM + 1, ...how });
  }

  /**
   * @param {any} feature
   * @param {boolean} [gently] stay at this zoom when it is close enough
   */
  flyTo(feature, gently = false) {
    const box = bounds(feature.geometry);
    if (!box) return;
    this.map.resize(); // a drawer may just have opened: the middle to fly to is the new one
    const isPoint = box[0] === box[2] && box[1] === box[3];
    const zoom = Math.max(this.map.getZoom(), gently ? NEAR_ZOOM : CLOSE_ZOOM);
    if (isPoint) this.map.easeTo({ center: middle(box), zoom });
    else this.fit(box);
  }

  /** @param {any} feature bring it into sight if it lies outside or under a sheet */
  reveal(feature) {
    const box = bounds(feature.geometry);
    if (!box) return;
    const spot = this.map.project(middle(box));
    const { clientWidth, clientHeight } = this.map.getContainer();
    const isSeen = spot.x > 0 && spot.y > 0 && spot.x < clientWidth && spot.y < clientHeight - this.#hidden();
    if (!isSeen) this.map.easeTo({ center: middle(box) });
  }

  /** @param {import("city/map/state.js").MapState} state whose centre came from the address */
  restore({ center, zoom, bearing }) {
    if (!center || this.map.isMoving()) return;
    const { lng, lat } = this.map.getCenter();
    const away = Math.max(Math.abs(lng - center[0]), Math.abs(lat - center[1]));
    const isThere = away < 1e-5 && Math.abs(this.map.getZoom() - (zoom ?? 0)) < 0.02;
    if (!isThere) this.map.jumpTo({ center, zoom: zoom ?? this.map.getZoom(), bearing });
  }

  /** @returns {number} how much of the map's foot a phone's sheets hide, px */
  #hidden() {
    if (!matchMedia("(max-width: 768px)").matches || this.map.getContainer().closest("[data-compare=beside]")) return 0;
    return Math.min(this.drawer.offsetHeight || this.panel.offsetHeight, innerHeight * WIDEST_SHARE);
  }

  /** Keep the middle of the map in the middle of what can be seen of it. */
  #pad() {
    const bottom = this.#hidden();
    if (this.map.getPadding().bottom !== bottom) this.map.setPadding({ top: 0, left: 0, right: 0, bottom });
  }
}
