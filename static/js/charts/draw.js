/**
 * Bars drawn by ECharts, which is loaded when the first chart is opened. Bars are clicked, or brushed over.
 * @module city/charts/draw
 */
import { t } from "words";
import { count, named } from "city/map/format.js";

/** @typedef {import("city/charts/choosing.js").Tally} Tally */

const BAR_PX = 26;
const TALL_PX = 220;
const FADED = 0.35;

/** @param {Tally} told */
const isAcross = (told) => told.kind === "values" || told.kind === "units";

/** @param {import("city/charts/choosing.js").Bar} bar @returns {string} */
export const labelOf = (bar) => (bar.label_en === null || bar.label_en === undefined ? bar.label : named({ name_zh: bar.label, name_en: bar.label_en }) || bar.key);

export class Chart {
  /**
   * @param {HTMLElement} root
   * @param {(span: [number, number], more: boolean) => void} choose
   */
  constructor(root, choose) {
    this.root = root;
    this.choose = choose;
    /** @type {any} */
    this.chart = null;
    /** @type {Tally|null} */
    this.told = null;
    this.watcher = new ResizeObserver(() => this.chart?.resize());
  }

  /**
   * @param {Tally} told
   * @param {{chosen: Set<string>, here: Set<string>, title: string}} marks
   */
  async show(told, marks) {
    const echarts = await import("echarts");
    this.told = told;
    this.root.style.blockSize = `${isAcross(told) ? told.bars.length * BAR_PX + 32 : TALL_PX}px`;
    if (!this.chart) {
      this.chart = echarts.init(this.root, null, { renderer: "svg" });
      this.watcher.observe(this.root);
      this.#listen();
    }
    this.chart.resize();
    this.root.setAttribute("role", "img");
    this.root.setAttribute("aria-label", t("{title}: {n} bars, {total} in all. The table below says the same.", { title: marks.title, n: count(told.bars.length), total: count(told.total) }));
    this.chart.setOption(options(told, marks), true);
  }

  remove() {
    this.watcher.disconnect();
    this.chart?.dispose();
    this.chart = null;
  }

  /** From where the pointer went down to where it came up: one bar, or all between. */
  #listen() {
    const zr = this.chart.getZr();
    let from = -1;
    zr.on("mousedown", (/** @type {any} */ event) => (from = this.#at(event)));
    zr.on("mouseup", (/** @type {any} */ event) => {
      const to = this.#at(event);
      if (from >= 0 && to >= 0) this.choose([Math.min(from, to), Math.max(from, to)], Boolean(event.event.shiftKey || event.event.ctrlKey || event.event.metaKey));
      from = -1;
    });
    zr.on("globalout", () => (from = -1));
  }

  /** @param {{offsetX: number, offsetY: number}} event @returns {number} the bar under it, -1 for none */
  #at({ offsetX, offsetY }) {
    if (!this.told || !this.chart.containPixel({ gridIndex: 0 }, [offsetX, offsetY])) return -1;
    const [x, y] = this.chart.convertFromPixel({ gridIndex: 0 }, [offsetX, offsetY]);
    const at = Math.round(isAcross(this.told) ? y : x);
    return at >= 0 && at < this.told.bars.length ? at : -1;
  }
}

/**
 * @param {Tally} told
 * @param {{chosen: Set<string>, here: Set<string>}} marks
 */
function options(told, { chosen, here }) {
  const css = getComputedStyle(document.documentElement);
  const ink = (/** @type {string} */ name) => css.getPropertyValue(name).trim();
  const across = isAcross(told);
  const names = told.bars.map(labelOf);
  const data = told.bars.map((one) => ({
    value: one.count ?? 0,
    itemStyle: {
      color: one.colour ?? ink("--accent"),
      opacity: chosen.size && !chosen.has(one.key) ? FADED : 1,
      borderColor: here.has(one.key) ? ink("--ink") : one.colour ? ink("--border-strong") : "transparent",
      borderWidth: here.has(one.key) ? 2 : one.colour ? 0.5 : 0,
    },
  }));
  const words = { color: ink("--ink-2"), fontFamily: css.fontFamily, fontSize: 12 };
  const names_ = {
    type: "category", data: names, inverse: across, axisTick: { show: false },
    axisLine: { lineStyle: { color: ink("--border-strong") } },
    axisLabel: across ? { ...words, width: 104, overflow: "truncate", interval: 0 } : { ...words, hideOverlap: true },
  };
  const numbers = {
    type: "value", minInterval: 1, splitNumber: across ? 3 : 4, axisLabel: { ...words, formatter: (/** @type {number} */ n) => count(n), hideOverlap: true },
    splitLine: { lineStyle: { color: ink("--border") } }, show: !across,
  };
  return {
    animation: false,
    grid: across ? { left: 112, right: 56, top: 4, bottom: 8 } : { left: 48, right: 12, top: 12, bottom: 32 },
    tooltip: {
      trigger: "axis", axisPointer: { type: "shadow" }, confine: true, backgroundColor: ink("--sheet"), borderColor: ink("--border"),
      textStyle: { color: ink("--ink"), fontFamily: css.fontFamily }, renderMode: "richText",
      formatter: (/** @type {any[]} */ [point]) => `${point.name}: ${count(point.value)}`,
    },
    xAxis: across ? numbers : names_,
    yAxis: across ? names_ : numbers,
    series: [{
      type: "bar", data, barMaxWidth: across ? 16 : 40, barCategoryGap: told.kind === "numbers" ? "4%" : "24%", cursor: "pointer",
      label: across ? { show: true, position: "right", ...words, color: ink("--ink"), formatter: (/** @type {any} */ point) => count(point.value) } : { show: false },
    }],
  };
}
