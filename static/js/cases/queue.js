/**
 * The queue: list and map of the same cases, linked both ways, with keys and the choice of several.
 * @module city/cases/queue
 */
import { Chosen } from "city/cases/chosen.js";
import { QueueMap, keep } from "city/cases/queue_map.js";
import { listenKeys } from "city/map/keys.js";

/** @param {HTMLElement} root */
export async function mount(root) {
  const rows = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("tr[data-number]")]);
  const side = /** @type {HTMLElement|null} */ (root.querySelector(".queue-map"));
  /** @type {QueueMap|null} */
  let map = null;
  const chosen = new Chosen(root, () => map?.choose(new Set(chosen.numbers)));
  const find = (/** @type {string} */ number) => rows.find((one) => one.dataset.number === number);

  const light = (/** @type {string} */ number) => {
    for (const row of rows) row.classList.toggle("is-hovered", row.dataset.number === number);
    map?.hover(number);
  };
  const select = (/** @type {string} */ number, { focus = false } = {}) => {
    for (const row of rows) row.classList.toggle("is-here", row.dataset.number === number);
    const row = find(number);
    row?.scrollIntoView({ block: "nearest" });
    if (focus) /** @type {HTMLElement|null} */ (row?.querySelector(".row-link"))?.focus({ preventScroll: true });
    map?.select(number);
    keep({ sel: number });
  };

  for (const row of rows) {
    const number = row.dataset.number ?? "";
    row.addEventListener("mouseenter", () => light(number));
    row.addEventListener("mouseleave", () => light(""));
    row.addEventListener("focusin", (event) => {
      if (!(/** @type {Element} */ (event.target).matches("input"))) select(number);
    });
  }
  keys(root, rows, chosen, select, () => map?.leave() ?? false);
  if (!side) return;
  map = new QueueMap(side, { hover: light, select, choose: (numbers) => chosen.add(numbers), may: chosen.may });
  await map.start();
  map.choose(new Set(chosen.numbers));
  const here = new URLSearchParams(location.search).get("sel");
  if (here) select(here);
}

/**
 * @param {HTMLElement} root
 * @param {HTMLElement[]} rows
 * @param {Chosen} chosen
 * @param {(number: string, how?: {focus?: boolean}) => void} select
 * @param {() => boolean} leave what is being drawn
 */
function keys(root, rows, chosen, select, leave) {
  const at = () => rows.findIndex((one) => one.classList.contains("is-here"));
  const help = /** @type {HTMLDialogElement|null} */ (document.getElementById("queue-help"));
  listenKeys({
    search: () => document.getElementById("search-box")?.focus(),
    create: () => {
      /** @type {HTMLElement|null} */ (root.querySelector("a[href='/cases/new']"))?.click();
    },
    step: (by) => {
      const next = rows[Math.min(rows.length - 1, Math.max(0, at() + by))];
      if (next) select(next.dataset.number ?? "", { focus: true });
    },
    escape: () => leave() || chosen.clear(),
    help: () => help?.showModal(),
    tab: () => {},
  });
  document.addEventListener("keydown", (event) => {
    const typing = /** @type {Element} */ (event.target).matches?.("input:not([type=checkbox]), textarea, select");
    if (event.key !== "x" || typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const number = rows[at()]?.dataset.number;
    if (number && chosen.may) chosen.toggle(number);
  });
}
