/**
 * The two faces of the panel: list and layers. Left and right arrows switch between them, as tabs do.
 * @module city/map/tabs
 */

export class Tabs {
  /**
   * @param {HTMLElement} root holds the tabs and their panels
   * @param {import("city/map/store.js").Side} store
   */
  constructor(root, store) {
    this.root = root;
    this.store = store;
    for (const one of this.#all()) one.addEventListener("click", () => this.#choose(one));
    root
      .querySelector("[role=tablist]")
      ?.addEventListener("keydown", (event) => this.#key(/** @type {KeyboardEvent} */ (event)));
    store.on(["tab"], () => this.sync());
    this.sync();
  }

  /** Show what the state says. */
  sync() {
    for (const one of this.#all()) {
      const is = one.dataset.tab === this.store.state.tab;
      one.setAttribute("aria-selected", String(is));
      one.tabIndex = is ? 0 : -1;
      const panel = this.root.querySelector(`#${one.getAttribute("aria-controls")}`);
      if (panel) /** @type {HTMLElement} */ (panel).hidden = !is;
    }
  }

  /** The other one. @param {boolean} [focus] */
  next(focus = false) {
    const other = this.#all().find((one) => one.dataset.tab !== this.store.state.tab);
    if (!other) return;
    this.#choose(other);
    if (focus) other.focus();
  }

  /** @param {HTMLElement} tab */
  #choose(tab) {
    this.store.set({ tab: tab.dataset.tab === "layers" ? "layers" : "list" });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") this.next(true);
  }

  /** @returns {HTMLElement[]} */
  #all() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll("[role=tab]"))];
  }
}
