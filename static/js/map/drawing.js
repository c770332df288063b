/**
 * Drawing a point, a line or an area on the map, by hand or from typed coordinates; corners snap to what is drawn below.
 * @module city/map/drawing
 */
import {
  TerraDraw,
  TerraDrawLineStringMode,
  TerraDrawPointMode,
  TerraDrawPolygonMode,
  TerraDrawSelectMode,
} from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";
import { t } from "words";

/** @typedef {"point"|"linestring"|"polygon"} Shape */

const SNAP_PX = 9;
const KINDS = { point: "Point", linestring: "LineString", polygon: "Polygon" };
const EDIT = { feature: { draggable: true, coordinates: { midpoints: true, draggable: true, deletable: true } } };

export class Drawing {
  /**
   * @param {import("maplibre-gl").Map} map
   * @param {{changed: (geometry: any, finished: boolean) => void}} hooks
   */
  constructor(map, hooks) {
    this.map = map;
    this.hooks = hooks;
    /** @type {Shape} */
    this.shape = "point";
    const snapping = { toCoordinate: true, toCustom: (/** @type {any} */ event) => this.#corner(event) };
    const flags = { point: EDIT, linestring: EDIT, polygon: EDIT };
    this.td = new TerraDraw({
      adapter: new TerraDrawMapLibreGLAdapter({ map, prefixId: "td" }),
      modes: [
        new TerraDrawPointMode({ styles: look() }),
        new TerraDrawLineStringMode({ snapping, styles: look() }),
        new TerraDrawPolygonMode({ snapping, styles: look(), showCoordinatePoints: true }),
        new TerraDrawSelectMode({ flags, styles: look() }),
      ],
    });
    this.td.start();
    this.td.on("change", () => this.#changed(false));
    this.td.on("finish", (/** @type {any} */ id, /** @type {any} */ context) => this.#finished(id, context));
  }

  /** @param {Shape} shape begin anew with this shape */
  begin(shape) {
    this.shape = shape;
    this.td.clear();
    this.td.setMode(shape);
    this.done = false;
    this.hooks.changed(null, false);
  }

  /**
   * Draw from coordinates.
   * @param {[number, number][]} points longitude, latitude; a ring may be open
   * @returns {string} what is wrong, "" when it is drawn
   */
  type(points) {
    const rounded = points.map(([lon, lat]) => [Number(lon.toFixed(8)), Number(lat.toFixed(8))]);
    const least = { point: 1, linestring: 2, polygon: 3 }[this.shape];
    if (rounded.length < least) return t("{n} points are needed.", { n: least });
    const isClosed = String(rounded[0]) === String(rounded.at(-1));
    const ring = isClosed ? rounded : [...rounded, rounded[0]];
    const coordinates = { point: rounded[0], linestring: rounded, polygon: [ring] }[this.shape];
    this.td.clear();
    const [told] = this.td.addFeatures([
      /** @type {any} */ ({
        type: "Feature",
        geometry: { type: KINDS[this.shape], coordinates },
        properties: { mode: this.shape },
      }),
    ]);
    if (!told.valid) {
      this.begin(this.shape);
      return t("These points make no such shape. Do its edges cross?");
    }
    this.#finished(told.id, { action: "draw" });
    return "";
  }

  /** @returns {any} the GeoJSON geometry drawn, null while there is none */
  geometry() {
    const drawn = this.td
      .getSnapshot()
      .find((/** @type {any} */ one) => one.properties.mode === this.shape && one.geometry.type === KINDS[this.shape]);
    return drawn?.geometry ?? null;
  }

  /** @returns {boolean} whether a drawing was under way and has been given up */
  cancel() {
    if (this.done || !this.geometry()) return false;
    this.begin(this.shape);
    return true;
  }

  stop() {
    this.td.stop();
  }

  /** @param {boolean} finished */
  #changed(finished) {
    this.hooks.changed(this.geometry(), finished || Boolean(this.done));
  }

  /**
   * One shape a form: once it is there it can be moved and bent, not drawn over.
   * @param {any} id
   * @param {{action: string}} context
   */
  #finished(id, context) {
    if (context.action === "draw") {
      for (const one of this.td.getSnapshot())
        if (one.id !== id && one.properties.mode === this.shape && !one.properties.selectionPoint)
          this.td.removeFeatures([/** @type {any} */ (one.id)]);
      this.done = true;
      this.td.setMode("select");
      this.td.selectFeature(id);
    }
    this.#changed(true);
  }

  /**
   * The nearest corner of a building or road under the pointer.
   * @param {{lng: number, lat: number}} event
   * @returns {[number, number]|undefined}
   */
  #corner(event) {
    const at = this.map.project([event.lng, event.lat]);
    const layers = this.map
      .getStyle()
      .layers.filter((one) => "source" in one && (one.source === "buildings" || one.source === "roads"))
      .map((one) => one.id);
    if (!layers.length) return undefined;
    const found = this.map.queryRenderedFeatures(
      [
        [at.x - SNAP_PX, at.y - SNAP_PX],
        [at.x + SNAP_PX, at.y + SNAP_PX],
      ],
      { layers },
    );
    let best = SNAP_PX;
    /** @type {[number, number]|undefined} */
    let corner;
    for (const [lon, lat] of found.flatMap((one) => corners(/** @type {any} */ (one.geometry).coordinates))) {
      const spot = this.map.project([lon, lat]);
      const away = Math.hypot(spot.x - at.x, spot.y - at.y);
      if (away < best) {
        best = away;
        corner = [Number(lon.toFixed(8)), Number(lat.toFixed(8))];
      }
    }
    return corner;
  }
}

/** @param {any} part @returns {[number, number][]} */
function corners(part) {
  return typeof part?.[0] === "number" ? [part] : (part ?? []).flatMap(corners);
}

/** Colours of what is being drawn, from the page's tokens. */
function look() {
  const styles = getComputedStyle(document.documentElement);
  const colour = /** @type {any} */ (styles.getPropertyValue("--draw").trim() || "#b3261e");
  const paper = /** @type {any} */ (styles.getPropertyValue("--draw-halo").trim() || "#ffffff");
  return /** @type {any} */ ({
    pointColor: colour,
    pointWidth: 8,
    pointOutlineColor: paper,
    pointOutlineWidth: 2,
    lineStringColor: colour,
    lineStringWidth: 3,
    fillColor: colour,
    fillOpacity: 0.15,
    outlineColor: colour,
    outlineWidth: 3,
    polygonFillColor: colour,
    closingPointColor: colour,
    closingPointWidth: 6,
    closingPointOutlineColor: paper,
    closingPointOutlineWidth: 2,
    coordinatePointColor: paper,
    coordinatePointWidth: 5,
    coordinatePointOutlineColor: colour,
    coordinatePointOutlineWidth: 2,
    snappingPointColor: paper,
    snappingPointWidth: 6,
    snappingPointOutlineColor: colour,
    snappingPointOutlineWidth: 3,
    selectedPolygonColor: colour,
    selectedPolygonFillOpacity: 0.15,
    selectedPolygonOutlineColor: colour,
    selectedPolygonOutlineWidth: 3,
    selectedLineStringColor: colour,
    selectedLineStringWidth: 3,
    selectedPointColor: colour,
    selectedPointWidth: 8,
    selectedPointOutlineColor: paper,
    selectedPointOutlineWidth: 2,
    selectionPointColor: paper,
    selectionPointWidth: 6,
    selectionPointOutlineColor: colour,
    selectionPointOutlineWidth: 2,
    midPointColor: colour,
    midPointWidth: 4,
    midPointOutlineColor: paper,
    midPointOutlineWidth: 1,
  });
}
