/**
 * Says that events changed since this page was made, and offers to load it again: nothing moves under a reader's hand.
 * With `data-id` only that event counts.
 */
import { subscribe } from "live";
import { t } from "words";

/** @param {HTMLElement} page */
export function mount(page) {
  const own = page.dataset.id ? Number(page.dataset.id) : null;
  subscribe(["events"], (change) => {
    if (change.kind === "resync" || (own !== null && change.id !== own) || page.querySelector(".is-news")) return;
    const note = document.createElement("p");
    note.className = "note is-news";
    note.setAttribute("role", "status");
    const again = Object.assign(document.createElement("a"), { href: location.href, textContent: t("Show it") });
    note.append(own === null ? t("There is something new in this list.") : t("This event has changed."), " ", again);
    page.prepend(note);
  });
}
