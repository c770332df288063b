/**
 * Small builders of elements. Text goes in as text nodes only, never as markup.
 * @module city/map/dom
 */

/** @typedef {Node|string|number|null|undefined|false} Child */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. Keys of `props` beginning with "on" are listeners, `class`, `dataset` and `style` are understood,
 * true makes an empty attribute, false and null none.
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(made.dataset, value);
    else if (name === "style") for (const [key, one] of Object.entries(value)) made.style.setProperty(key, String(one));
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  append(made, children);
  return made;
}

/**
 * @param {Element} parent
 * @param {Child[]} children
 */
function append(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Replace all children of an element.
 * @param {Element} parent
 * @param {...Child} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

/**
 * A line icon of the page's own set (see `ICONS`), 20 px, hidden from screen readers.
 * @param {keyof typeof ICONS} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: "icon-line", "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

const ICONS = {
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  locate: "M12 2v4M12 18v4M2 12h4M18 12h4M12 7a5 5 0 1 0 0 10a5 5 0 0 0 0-10",
  north: "M12 3l5 17l-5-4l-5 4z",
  layers: "M12 3l9 5l-9 5l-9-5zM3 12l9 5l9-5M3 16l9 5l9-5",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  filter: "M4 5h16l-6 8v6l-4-2v-4z",
  help: "M9 9a3 3 0 1 1 4 2.8c-.8.3-1 .9-1 1.7M12 17h.01M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18",
  search: "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14M20 20l-4-4",
  link: "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 6 6l1-1",
  download: "M12 4v11M7 11l5 5l5-5M5 20h14",
  star: "M12 4l2.500 5.200l5.500.700l-4 3.900l1 5.700l-5-2.800l-5 2.800l1-5.700l-4-3.900l5.500-.700z",
  pin: "M12 21c4-5 7-8.500 7-12a7 7 0 1 0-14 0c0 3.500 3 7 7 12M12 6.500a2.500 2.500 0 1 0 0 5a2.500 2.500 0 0 0 0-5",
  share: "M18 3a2.500 2.500 0 1 0 0 5a2.500 2.500 0 0 0 0-5M6 9.500a2.500 2.500 0 1 0 0 5a2.500 2.500 0 0 0 0-5M18 16a2.500 2.500 0 1 0 0 5a2.500 2.500 0 0 0 0-5M8.200 10.800l7.600-4M8.200 13.200l7.600 4",
  print: "M7 8V4h10v4M7 17H4V9h16v8h-3M7 14h10v6H7z",
  compare: "M12 3v18M4 6h5v12H4M15 6h5v12h-5",
  swipe: "M9 7l-5 5l5 5M15 7l5 5l-5 5",
  more: "M6 9l6 6l6-6",
  history: "M4 12a8 8 0 1 0 3-6.200L4 8M4 4v4h4M12 8v4l3 2",
  play: "M8 5l11 7l-11 7z",
  pause: "M8 5v14M16 5v14",
  back: "M15 6l-6 6l6 6",
  ahead: "M9 6l6 6l-6 6",
  photo: "M4 8h3l2-3h6l2 3h3v11H4zM12 10a3.500 3.500 0 1 0 0 7a3.500 3.500 0 0 0 0-7",
};
