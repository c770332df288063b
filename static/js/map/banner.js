/**
 * One line over the map: a passing word, or that what one sees is not fresh, and why.
 * @module city/map/banner
 */
import { onState } from "live";
import { t } from "words";
import { fill, h } from "city/map/dom.js";
import { clock } from "city/map/format.js";

const PASSING_MS = 6000;

export class Banner {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.standing = "";
    this.fresh = new Date();
    onState((/** @type {string} */ state) => this.#live(state));
    addEventListener("offline", () =>
      this.#stand(t("You are offline. This is how it stood at {time}.", { time: clock(this.fresh) })),
    );
    addEventListener("online", () => this.#stand(""));
  }

  /** @param {string} words gone again after a moment */
  say(words) {
    this.#show(words, "");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.#show(this.standing, "is-stale");
    }, PASSING_MS);
  }

  /**
   * The page can't work: what is wrong and the way on.
   * @param {Error} error
   * @param {() => void} again
   */
  failed(error, again) {
    this.root.hidden = false;
    this.root.className = "map-banner is-failed";
    fill(
      this.root,
      h("strong", {}, t("The map could not be read.")),
      " ",
      error.message,
      " ",
      h("button", { type: "button", onclick: again }, t("Try again")),
    );
  }

  /** @param {{error?: {status?: number, message?: string}, sourceId?: string}} event of the map */
  mapError(event) {
    if (event.error?.status === 401) location.reload();
    else if (navigator.onLine) this.say(t("A part of the map could not be read. Move the map to try again."));
  }

  /** @param {string} state live, stale, off */
  #live(state) {
    if (state === "live") {
      this.fresh = new Date();
      this.#stand("");
    } else if (state === "stale" && navigator.onLine) {
      clearTimeout(this.patience);
      this.patience = setTimeout(
        () => this.#stand(t("Not live just now. This is how it stood at {time}.", { time: clock(this.fresh) })),
        4000,
      );
    }
    if (state !== "stale") clearTimeout(this.patience);
  }

  /** @param {string} words shown once the passing word, if one is up, had its time */
  #stand(words) {
    this.standing = words;
    if (!this.timer) this.#show(words, "is-stale");
  }

  /**
   * @param {string} words
   * @param {string} look
   */
  #show(words, look) {
    this.root.hidden = !words;
    this.root.className = `map-banner ${look}`;
    fill(this.root, words);
  }
}
