/**
 * Choosing a class from a catalogue of several levels: open a major class, or type a part of a name, pinyin or code.
 * @module city/map/class_picker
 */
import { getJSON } from "http";
import { t } from "words";
import { fill, h } from "city/map/dom.js";
import { named } from "city/map/format.js";

/** @typedef {{id: number, code: string, name_zh: string, name_en: string, kind?: string, scheme?: string, children?: Node_[]}} Node_ */

const WAIT_MS = 160;
const SHOWN = 40;

export class ClassPicker {
  /**
   * @param {HTMLElement} root
   * @param {{url: string, leavesOnly: boolean, changed: (chosen: Node_|null) => void}} given
   */
  constructor(root, { url, leavesOnly, changed }) {
    this.root = root;
    this.url = url;
    this.leavesOnly = leavesOnly;
    this.changed = changed;
    this.name = root.dataset.id ?? "class";
    /** @type {Node_|null} */
    this.chosen = null;
    this.list = h("div", {
      class: "class-list",
      id: `${this.name}-classes`,
      role: "group",
      "aria-label": t("Classes"),
    });
    this.search = h("input", {
      type: "search",
      autocomplete: "off",
      placeholder: t("Name, pinyin or code"),
      "aria-label": t("Find a class"),
      "aria-controls": `${this.name}-classes`,
      oninput: () => this.#type(),
    });
    this.#open();
  }

  /** @param {number|null} id choose by id, for a restored draft */
  async restore(id) {
    if (id === null) return;
    const page = await this.#read("");
    const found = flat(page.items).find((one) => one.node.id === id);
    if (found) this.#choose(found.node, found.path);
  }

  #open() {
    this.chosen = null;
    fill(this.root, this.search, this.list);
    /** @type {HTMLInputElement} */ (this.search).value = "";
    this.#show("");
  }

  #type() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#show(/** @type {HTMLInputElement} */ (this.search).value.trim()), WAIT_MS);
  }

  /** @param {string} q @returns {Promise<{items: Node_[], schemes?: {name: string}[]}>} */
  #read(q) {
    return getJSON(this.url, { q });
  }

  /** @param {string} q */
  async #show(q) {
    const round = (this.round = (this.round ?? 0) + 1);
    if (!this.list.firstChild) fill(this.list, h("p", { class: "hint" }, t("Reading the classes …")));
    try {
      const page = await this.#read(q);
      if (round !== this.round) return;
      if (q) this.#found(page.items);
      else fill(this.list, ...this.#schemes(page.items, page.schemes ?? []));
    } catch {
      fill(
        this.list,
        h("p", { class: "hint" }, t("The classes could not be read.")),
        h("button", { type: "button", onclick: () => this.#show(q) }, t("Try again")),
      );
    }
  }

  /**
   * @param {Node_[]} items
   * @param {{name: string, title?: string, title_zh?: string, title_en?: string}[]} told
   * @returns {HTMLElement[]} all top classes; under the title of their scheme and kind where there are several
   */
  #schemes(items, told) {
    const schemes = [...new Set(items.map((one) => one.scheme))];
    const title = (/** @type {string|undefined} */ name) => {
      const one = told.find((scheme) => scheme.name === name);
      return (one && named({ name_zh: one.title_zh, name_en: one.title_en })) || one?.title || name;
    };
    return schemes.flatMap((scheme) => [
      ...(schemes.length > 1 ? [h("p", { class: "class-scheme" }, title(scheme))] : []),
      ...this.#kinds(items.filter((one) => one.scheme === scheme)),
    ]);
  }

  /** @param {Node_[]} items top classes of one scheme @returns {HTMLElement[]} components and happenings apart: their codes are alike */
  #kinds(items) {
    const kinds = [...new Set(items.map((one) => one.kind))];
    const words = { component: t("Component faults"), event: t("Happenings") };
    return kinds.flatMap((kind) => [
      ...(kinds.length > 1
        ? [h("p", { class: "class-kind" }, words[/** @type {keyof typeof words} */ (kind)] ?? kind)]
        : []),
      ...items.filter((one) => one.kind === kind).map((one) => this.#branch(one, [])),
    ]);
  }

  /** @param {Node_[]} items what a search found, each with the classes above it */
  #found(items) {
    const all = flat(items).filter(({ node, path }) => !this.leavesOnly || (path.length > 0 && !node.children?.length));
    const shown = all.slice(0, SHOWN).map(({ node, path }) => this.#leaf(node, path, true));
    fill(
      this.list,
      ...shown,
      all.length > SHOWN
        ? h("p", { class: "hint" }, t("{n} more: type another letter.", { n: all.length - SHOWN }))
        : null,
      all.length === 0 ? h("p", { class: "hint" }, t("No class is called so.")) : null,
    );
  }

  /**
   * @param {Node_} node
   * @param {Node_[]} path
   * @returns {HTMLElement}
   */
  #branch(node, path) {
    if (!node.children?.length) return this.#leaf(node, path, false);
    const inside = h("div", { class: "class-children" });
    const details = /** @type {HTMLDetailsElement} */ (
      h(
        "details",
        { class: "class-major" },
        h("summary", {}, h("span", { class: "code" }, node.code), h("span", {}, named(node))),
        inside,
      )
    );
    details.addEventListener("toggle", () => {
      if (!details.open || inside.firstChild) return;
      const itself = this.leavesOnly
        ? null
        : this.#leaf(node, path, false, t("{name}, no more is known", { name: named(node) }));
      fill(inside, itself, .../** @type {Node_[]} */ (node.children).map((one) => this.#branch(one, [...path, node])));
    });
    return details;
  }

  /**
   * @param {Node_} node
   * @param {Node_[]} path
   * @param {boolean} withPath
   * @param {string} [words]
   */
  #leaf(node, path, withPath, words) {
    return h(
      "button",
      { type: "button", class: "class-leaf", onclick: () => this.#choose(node, path) },
      h("span", { class: "code" }, node.code),
      h("span", {}, words ?? named(node)),
      withPath && path.length ? h("span", { class: "hint" }, path.map(named).join(" › ")) : null,
    );
  }

  /**
   * @param {Node_} node
   * @param {Node_[]} path
   */
  #choose(node, path) {
    this.round = (this.round ?? 0) + 1;
    this.chosen = node;
    const change = h(
      "button",
      {
        type: "button",
        class: "quiet",
        onclick: () => {
          this.#open();
          this.changed(null);
          this.search.focus();
        },
      },
      t("Change"),
    );
    fill(
      this.root,
      h(
        "div",
        { class: "class-chosen" },
        h(
          "span",
          {},
          h("span", { class: "code" }, node.code),
          " ",
          h("strong", {}, named(node)),
          path.length ? h("span", { class: "hint" }, path.map(named).join(" › ")) : null,
        ),
        change,
      ),
    );
    this.changed(node);
    change.focus({ preventScroll: true });
  }
}

/**
 * All nodes of a tree with what stands above each.
 * @param {Node_[]} items
 * @param {Node_[]} [path]
 * @returns {{node: Node_, path: Node_[]}[]}
 */
function flat(items, path = []) {
  return items.flatMap((node) => [{ node, path }, ...flat(node.children ?? [], [...path, node])]);
}
