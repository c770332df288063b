/** A part of a page that follows changes: when a channel in `data-channels` speaks, its content is read again. */
import { mountAll } from "city/core/mount.js";
import { send } from "http";
import { subscribe } from "live";

const WAIT_MS = 800; // many changes at once are one reading

/** @param {HTMLElement} part with an id, so that it is found in the page read anew */
export function mount(part) {
  const channels = (part.dataset.channels ?? "").split(",").filter(Boolean);
  if (!channels.length) return;
  let timer = 0;
  subscribe(channels, () => {
    clearTimeout(timer);
    timer = setTimeout(() => read(part), WAIT_MS);
  });
}

/** @param {HTMLElement} part */
async function read(part) {
  if (part.contains(document.activeElement)) return; // not under someone's hands
  const answer = await send(location.href, { headers: { Accept: "text/html", "X-Background": "1" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(part.id);
  if (!fresh) return;
  part.replaceChildren(...fresh.childNodes);
  await mountAll(part);
}
