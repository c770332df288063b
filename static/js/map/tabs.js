/**
 * The faces of the panel: list, layers, charts. Left and right arrows switch between them, as tabs do.
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

  /**
   * The next one, or the one before.
   * @param {boolean} [focus]
   * @param {1|-1} [by]
   */
  next(focus = false, by = 1) {
    const all = this.#all();
    const at = all.findIndex((one) => one.dataset.tab === this.store.state.tab);
    const other = all[(at + by + all.length) % all.length];
    if (!other) return;
    this.#choose(other);
    if (focus) other.focus();
  }

  /** @param {HTMLElement} tab */
  #choose(tab) {
    this.store.set({ tab: /** @type {any} */ (tab.dataset.tab) });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") this.next(true, event.key === "ArrowRight" ? 1 : -1);
  }

  /** @returns {HTMLElement[]} */
  #all() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll("[role=tab]"))];
  }
}
