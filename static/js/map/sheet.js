/**
 * On a phone, panel and drawer are sheets that rise from below: a tap on the handle steps, a drag sets the height.
 * @module city/map/sheet
 */

const STOPS = /** @type {const} */ (["peek", "half", "full"]);
/** @typedef {typeof STOPS[number]} Stop */

export class Sheet {
  /**
   * @param {HTMLElement} root with a [data-part=handle] button
   * @param {Stop} start
   */
  constructor(root, start) {
    this.root = root;
    this.handle = /** @type {HTMLElement} */ (root.querySelector("[data-part=handle]"));
    this.to(start);
    this.handle.addEventListener(
      "click",
      () => !this.dragged && this.to(this.stop === "peek" ? "half" : this.stop === "half" ? "full" : "peek"),
    );
    this.handle.addEventListener("pointerdown", (event) => this.#drag(event));
  }

  /** @param {Stop} stop */
  to(stop) {
    this.stop = stop;
    this.root.dataset.sheet = stop;
    this.root.style.removeProperty("block-size");
    this.handle.setAttribute("aria-expanded", String(stop !== "peek"));
  }

  /** @param {PointerEvent} down */
  #drag(down) {
    const start = { y: down.clientY, size: this.root.getBoundingClientRect().height };
    this.dragged = false;
    this.handle.setPointerCapture(down.pointerId);
    const move = (/** @type {PointerEvent} */ event) => {
      const by = start.y - event.clientY;
      if (Math.abs(by) < 6 && !this.dragged) return;
      this.dragged = true;
      this.root.style.setProperty("block-size", `${Math.max(56, Math.min(innerHeight * 0.9, start.size + by))}px`);
    };
    const end = () => {
      this.handle.removeEventListener("pointermove", move);
      if (!this.dragged) return;
      const share = this.root.getBoundingClientRect().height / innerHeight;
      this.to(share < 0.25 ? "peek" : share < 0.65 ? "half" : "full");
      setTimeout(() => {
        this.dragged = false;
      });
    };
    this.handle.addEventListener("pointermove", move);
    this.handle.addEventListener("pointerup", end, { once: true });
    this.handle.addEventListener("pointercancel", end, { once: true });
  }
}
