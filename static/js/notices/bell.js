/**
 * The bell: how many notices are unread, told as they come. While the stream is down it asks once a minute; a page that
 * nobody looks at holds no stream (a browser opens few connections to one host) and asks again when it is looked at.
 * @module city/notices/bell
 */
import { send } from "http";
import { onState, subscribe } from "live";
import { t, tn } from "words";

const POLL_MS = 60_000;
const WAIT_MS = 300; // several at once are one question

/** @param {HTMLAnchorElement} bell */
export function mount(bell) {
  const count = /** @type {HTMLElement} */ (bell.querySelector(".bell-count"));
  let state = "off";
  let timer = 0;
  let end = /** @type {(() => void) | null} */ (null);

  /** @param {number} unread */
  function show(unread) {
    count.hidden = !unread;
    count.textContent = unread > 99 ? "99+" : String(unread);
    const words = unread ? tn("{n} unread notice", "{n} unread notices", unread) : t("Notices");
    bell.setAttribute("aria-label", words);
    bell.title = words;
  }

  async function ask() {
    try {
      const answer = await send("/api/v1/notices/unread", { headers: { "X-Background": "1" } });
      show((await answer.json()).unread);
    } catch {
      // the last figure stays; the next change or minute asks again
    }
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  }

  function follow() {
    if (document.visibilityState === "visible") {
      end ??= subscribe(["notices"], soon);
      soon();
    } else {
      end?.();
      end = null;
    }
  }

  onState((next) => (state = next));
  document.addEventListener("visibilitychange", follow);
  addEventListener("notices-read", soon);
  setInterval(() => document.visibilityState === "visible" && state !== "live" && ask(), POLL_MS);
  follow();
}
