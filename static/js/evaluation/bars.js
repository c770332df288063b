/**
 * Bars of a ranking: their lengths are set here, because pages carry no style of their own.
 * @module city/evaluation/bars
 */

/** @param {HTMLElement} element that holds the bars */
export function mount(element) {
  for (const bar of element.querySelectorAll("[data-share]")) {
    if (bar instanceof HTMLElement) bar.style.inlineSize = `${Math.min(100, Number(bar.dataset.share))}%`;
  }
}
