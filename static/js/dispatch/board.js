/**
 * The dispatch board: list and map linked, keys, rows that others have sent leave by themselves.
 * @module city/dispatch/board
 */
import { getJSON } from "http";
import { subscribe } from "live";
import { t, tn } from "words";
import { baseStyle, followTheme, makeMap } from "city/map/basemap.js";
import { fill, h } from "city/map/dom.js";
import { listenKeys } from "city/map/keys.js";
import { bounds, drawCases, mark } from "city/dispatch/marks.js";

/** @param {HTMLElement} root */
export async function mount(root) {
  const rows = () => /** @type {HTMLElement[]} */ ([...root.querySelectorAll("li[data-number]")]);
  const part = (/** @type {string} */ name) => /** @type {HTMLElement|null} */ (root.querySelector(`[data-part=${name}]`));
  const here = root.dataset.case ?? "";
  keys(root, rows);
  teams(root);
  count(root);
  root.addEventListener("change", () => count(root));
  const map = await board(root, here);

  let waiting = 0;
  const look = async () => {
    const told = await getJSON("/api/v1/dispatch/board").catch(() => null);
    if (!told) return;
    const there = new Set(told.cases.map((/** @type {any} */ one) => one.number));
    const gone = rows().filter((row) => !there.has(row.dataset.number));
    for (const row of gone) row.remove();
    const shown = new Set(rows().map((row) => row.dataset.number));
    const fresh = told.cases.filter((/** @type {any} */ one) => !shown.has(one.number)).length;
    const counted = root.querySelector("h1 .count");
    if (counted) counted.textContent = String(told.waiting);
    if (map) drawCases(map, told.cases, here);
    count(root);
    news(part("news"), gone.length, fresh);
    if (here && !there.has(here)) lost(part("form"));
  };
  subscribe(["cases"], () => {
    clearTimeout(waiting);
    waiting = window.setTimeout(look, 300);
  });
}

/** @param {HTMLElement|null} note @param {number} gone @param {number} fresh */
function news(note, gone, fresh) {
  if (!note || (!gone && !fresh)) return;
  note.hidden = false;
  fill(note, gone ? tn("{n} case was dispatched meanwhile.", "{n} cases were dispatched meanwhile.", gone) : null, " ",
    fresh ? h("a", { href: location.href }, tn("{n} new case: show it", "{n} new cases: show them", fresh)) : null);
}

/** @param {HTMLElement|null} card the chosen case was sent by somebody else */
function lost(card) {
  if (!card || card.dataset.state === "lost") return;
  card.dataset.state = "lost";
  card.prepend(h("p", { class: "alert", role: "alert" }, t("Somebody else has dispatched this case.")));
  for (const one of card.querySelectorAll("button, select, textarea")) /** @type {HTMLButtonElement} */ (one).disabled = true;
}

/** @param {HTMLElement} root how many are ticked */
function count(root) {
  const chosen = root.querySelectorAll("input[name=number]:checked").length;
  const told = root.querySelector("[data-part=chosen]");
  if (told) told.textContent = chosen ? tn("{n} chosen", "{n} chosen", chosen) : t("Tick cases to act on several at once.");
}

/** @param {HTMLElement} root a near team is taken into the form without a new page */
function teams(root) {
  const department = /** @type {HTMLSelectElement|null} */ (root.querySelector("#dispatch-department"));
  const team = /** @type {HTMLSelectElement|null} */ (root.querySelector("#dispatch-team"));
  for (const link of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("a[data-team]")))
    link.addEventListener("click", (event) => {
      if (!department || !team) return;
      event.preventDefault();
      department.value = link.dataset.department ?? "";
      team.value = link.dataset.team ?? "";
      team.focus();
    });
}

/** @param {HTMLElement} root @param {() => HTMLElement[]} rows */
function keys(root, rows) {
  const at = () => rows().findIndex((row) => row.contains(document.activeElement));
  listenKeys({
    search: () => document.getElementById("search-box")?.focus(),
    create: () => {},
    step: (by) => {
      const all = rows();
      const next = all[Math.min(all.length - 1, Math.max(0, at() + by))];
      /** @type {HTMLElement|null|undefined} */ (next?.querySelector(".row-link"))?.focus();
    },
    escape: () => {},
    help: () => {},
    tab: () => {},
  });
  document.addEventListener("keydown", (event) => {
    const typing = /** @type {Element} */ (event.target).matches?.("input:not([type=checkbox]), textarea, select");
    if (event.key !== "x" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const tick = /** @type {HTMLInputElement|null|undefined} */ (rows()[at()]?.querySelector("input[name=number]"));
    tick?.click();
  });
}

/** @param {HTMLElement} root @param {string} here */
async function board(root, here) {
  const canvas = /** @type {HTMLElement|null} */ (root.querySelector("[data-part=map]"));
  if (!canvas) return null;
  const [city, style, told] = await Promise.all([getJSON("/api/v1/city"), baseStyle(), getJSON("/api/v1/dispatch/board")]);
  const map = makeMap(canvas, { style, center: city.center, zoom: 11, bearing: 0 });
  /** @type {any} */ (root).map = map; // tests and pictures wait for its `idle`
  await new Promise((done) => (map.isStyleLoaded() ? done(true) : map.once("load", done)));
  const draw = () => drawCases(map, told.cases, here);
  draw();
  followTheme(map, draw);
  const crews = told.departments.flatMap((/** @type {any} */ one) => one.teams).filter((/** @type {any} */ one) => one.position);
  for (const one of crews)
    mark(map, `team-mark${one.position.is_stale ? " is-stale" : ""}`, `${one.name} · ${one.position.at.ago}`, [one.position.lon, one.position.lat]);
  map.on("click", (event) => {
    const { x, y } = event.point;
    const found = map.queryRenderedFeatures([[x - 8, y - 8], [x + 8, y + 8]], { layers: ["own-cases"] });
    if (found[0]) location.assign(`/dispatch?case=${encodeURIComponent(String(found[0].properties.number))}`);
  });
  const chosen = told.cases.find((/** @type {any} */ one) => one.number === here);
  const box = bounds([...(chosen ? [chosen] : told.cases), ...crews.map((/** @type {any} */ one) => one.position)].map((one) => [one.lon, one.lat]));
  if (box) map.fitBounds(box, { padding: 56, maxZoom: 16, animate: false });
  root.dataset.state = "ready";
  return map;
}
