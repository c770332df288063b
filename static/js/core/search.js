/** The search box of the top bar: places, addresses, areas and case numbers; a pick opens it on the map. */
import { getJSON } from "http";
import { named, t } from "words";

const WAIT_MS = 180;
const KINDS = () => ({ address: t("Address"), area: t("Administrative area"), road: t("Road"), cell: t("Cell"), case: t("Case") });

/** @typedef {{kind: string, text: string, note: string, url: string}} Found */

/** @param {string} q @param {AbortSignal} signal @returns {Promise<Found[]>} */
async function places(q, signal) {
  const answer = await getJSON("/api/v1/places/search", { q, limit: 8 }, signal);
  return answer.items.map((item) => ({ kind: item.kind, text: item.text || named(item.text_zh, item.text_en), note: noteOf(item), url: placeURL(item) }));
}

/** @param {{kind: string, area?: string | null}} item where an address lies: many roads are called alike */
const noteOf = (item) => (["address", "cell"].includes(item.kind) && item.area) || "";

/** @param {{kind: string, id: string | number, lon: number, lat: number, bbox?: number[]}} item */
function placeURL(item) {
  const query = new URLSearchParams({ place: `${item.kind}:${item.id}`, lon: String(item.lon), lat: String(item.lat) });
  if (item.bbox) query.set("bbox", item.bbox.join(","));
  return `/map?${query}`;
}

/** @param {string} q @param {AbortSignal} signal @returns {Promise<Found[]>} */
async function cases(q, signal) {
  if (!/\d{3}/.test(q)) return [];
  const answer = await getJSON("/api/v1/cases", { q, limit: 4 }, signal);
  return answer.items.map((item) => ({ kind: "case", text: item.number, note: named(item.class?.name_zh, item.class?.name_en), url: `/cases/${encodeURIComponent(item.number)}` }));
}

/** @param {HTMLElement} box */
export function mount(box) {
  const input = /** @type {HTMLInputElement} */ (box.querySelector("input"));
  const list = /** @type {HTMLElement} */ (box.querySelector("[role=listbox]"));
  let timer = 0;
  let at = -1;
  /** @type {AbortController | null} */
  let asking = null;

  const options = () => /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[role=option]")]);
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    at = -1;
  };
  const mark = (/** @type {number} */ next) => {
    const all = options();
    if (!all.length) return;
    at = (next + all.length) % all.length;
    all.forEach((one, index) => one.setAttribute("aria-selected", String(index === at)));
    input.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  };
  const show = (/** @type {Found[]} */ found, /** @type {string} */ words) => {
    list.replaceChildren(...found.map(optionOf));
    if (!found.length) {
      const none = document.createElement("p");
      none.className = "search-none";
      none.textContent = words;
      list.append(none);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    at = -1;
  };
  const search = async () => {
    const q = input.value.trim();
    asking?.abort();
    if (q.length < 1) return close();
    asking = new AbortController();
    const { signal } = asking;
    const answers = await Promise.allSettled([cases(q, signal), places(q, signal)]);
    if (signal.aborted) return;
    const found = answers.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
    const failed = answers.find((one) => one.status === "rejected");
    show(found, failed?.status === "rejected" ? failed.reason.message : t("Nothing found for “{q}”.", { q }));
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, WAIT_MS);
  });
  input.addEventListener("focus", () => input.value.trim() && list.childElementCount && show_again());
  const show_again = () => {
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  };
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") mark(at + 1);
    else if (event.key === "ArrowUp") mark(at - 1);
    else if (event.key === "Escape") {
      close();
      input.blur();
      return;
    } else if (event.key === "Enter") {
      const chosen = options()[Math.max(at, 0)];
      if (!list.hidden && chosen) go(chosen.dataset.url ?? "/map");
    } else return;
    event.preventDefault();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = /** @type {HTMLElement} */ (event.target).closest("[role=option]");
    if (option instanceof HTMLElement) go(option.dataset.url ?? "/map");
  });
  input.addEventListener("blur", close);
  if (input.value.trim() && document.activeElement === input) search(); // typed before this was there
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.key !== "/" || event.ctrlKey || event.metaKey || target.closest("input, textarea, select, [contenteditable]")) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
}

/** Go there; a page that can show it without being left (the map) takes the event. @param {string} url */
function go(url) {
  const event = new CustomEvent("city:go", { detail: url, cancelable: true });
  if (document.dispatchEvent(event)) location.href = url;
}

/** @param {Found} found @param {number} index */
function optionOf(found, index) {
  const option = document.createElement("div");
  option.id = `search-option-${index}`;
  option.role = "option";
  option.dataset.url = found.url;
  option.setAttribute("aria-selected", "false");
  const text = document.createElement("span");
  text.className = "search-text";
  text.textContent = found.text;
  const note = document.createElement("span");
  note.className = "hint";
  note.textContent = found.note || (KINDS()[found.kind] ?? "");
  option.append(text, note);
  return option;
}
