/**
 * The divider between a map and the one that lies over it: dragged, or moved by arrow keys, Home and End.
 * @module city/map/divider
 */
import { h, icon } from "city/map/dom.js";

const STEP = 2; // per cent of the width, for an arrow key
const KEYS = /** @type {Record<string, (cut: number) => number>} */ ({
  ArrowLeft: (cut) => cut - STEP, ArrowRight: (cut) => cut + STEP, PageUp: (cut) => cut - 10, PageDown: (cut) => cut + 10, Home: () => 0, End: () => 100,
});

/** @param {number} cut */
const inside = (cut) => Math.max(0, Math.min(100, cut));

export class Divider {
  /**
   * @param {HTMLElement} root what holds both maps; `--cut` is set on it
   * @param {{title: string, words: (cut: number) => string, changed: (cut: number) => void}} about `words` tells per
   *   cent to those who don't see; `changed` is called when it was let go
   */
  constructor(root, about) {
    this.root = root;
    this.about = about;
    this.cut = 50;
    this.element = h(
      "div",
      { class: "map-divider", role: "separator", tabindex: 0, "aria-orientation": "vertical", "aria-label": about.title, "aria-valuemin": 0, "aria-valuemax": 100, hidden: true },
      h("span", { class: "map-divider-grip", "aria-hidden": "true" }, icon("swipe")),
    );
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("pointerdown", (event) => this.#drag(event));
    root.append(this.element);
  }

  /** @param {number} cut per cent of the width that shows the first map */
  set(cut) {
    this.cut = cut;
    this.root.style.setProperty("--cut", `${cut}%`);
    this.element.setAttribute("aria-valuenow", String(Math.round(cut)));
    this.element.setAttribute("aria-valuetext", this.about.words(Math.round(cut)));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const to = KEYS[event.key]?.(this.cut);
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.about.changed(inside(to));
  }

  /** @param {PointerEvent} down */
  #drag(down) {
    const { element } = this;
    down.preventDefault();
    element.focus();
    element.setPointerCapture(down.pointerId);
    const box = this.root.getBoundingClientRect();
    const move = (/** @type {PointerEvent} */ event) => this.set(inside(((event.clientX - box.left) / box.width) * 100));
    const end = () => {
      element.removeEventListener("pointermove", move);
      this.about.changed(Math.round(this.cut));
    };
    element.addEventListener("pointermove", move);
    element.addEventListener("lostpointercapture", end, { once: true });
  }
}
