/**
 * One print under way: pages done, a button to stop it, the file once it is there, or why there is none.
 * @module city/printing/progress
 */
import { getJSON, postJSON } from "http";
import { t, tn } from "words";
import { fill, h } from "city/map/dom.js";

const EVERY_MS = 1000;
const OPEN = ["waiting", "running"];

/**
 * @param {HTMLElement} root
 * @param {any} print as the API tells it
 * @param {() => void} over called once it is done, failed or stopped
 * @returns {() => void} leaves off looking
 */
export function progress(root, print, over) {
  let timer = 0;
  let left = false;
  const show = (/** @type {any} */ now) => {
    draw(root, now, stop);
    if (!OPEN.includes(now.state)) over();
    else if (!left) timer = setTimeout(look, EVERY_MS);
  };
  const look = async () => {
    const now = await getJSON(`/api/v1/prints/${print.key}`).catch(() => null);
    if (left) return;
    if (now) show(now);
    else timer = setTimeout(look, 3 * EVERY_MS);
  };
  const stop = async () => {
    clearTimeout(timer);
    await postJSON(`/api/v1/prints/${print.key}/cancel`, {}).catch(() => null);
    look();
  };
  show(print);
  return () => {
    left = true;
    clearTimeout(timer);
  };
}

/** @param {HTMLElement} root @param {any} now @param {() => void} stop */
function draw(root, now, stop) {
  root.dataset.state = now.state;
  if (OPEN.includes(now.state)) {
    const bar = root.querySelector("progress") ?? h("progress", { max: 1, "aria-label": t("Progress") });
    if (now.page_count) {
      bar.setAttribute("max", String(now.page_count));
      bar.setAttribute("value", String(now.pages_done));
    }
    const words = now.state === "waiting" ? t("Waiting for its turn") : tn("{done} of {n} page", "{done} of {n} pages", now.page_count ?? 1, { done: now.pages_done });
    fill(root, bar, h("p", { role: "status" }, words), h("button", { type: "button", onclick: stop }, t("Stop")));
  } else if (now.state === "done") {
    fill(
      root,
      h("p", { role: "status" }, tn("Done: {n} page.", "Done: {n} pages.", now.page_count)),
      now.failed.length ? h("p", { class: "alert" }, t("These pages could not be made: {units}", { units: now.failed.map((/** @type {any} */ one) => one.name).join(", ") })) : null,
      h("a", { class: "button primary", href: now.file, download: true }, t("Download the PDF")),
    );
  } else {
    const words = now.state === "cancelled" ? t("Stopped. Nothing of it is kept.") : (now.error?.detail ?? t("It failed."));
    fill(root, h("p", { class: now.state === "failed" ? "alert" : "hint", role: "status" }, words));
  }
}
