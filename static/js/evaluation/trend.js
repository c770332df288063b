/**
 * The line of an indicator over its periods, with the edges of its bands; the table below says the same.
 * @module city/evaluation/trend
 */
import * as echarts from "echarts";

/** @param {HTMLElement} element with data-chart: name, periods, points in per cent, counts, good, pass */
export function mount(element) {
  const told = JSON.parse(element.dataset.chart || "{}");
  const chart = echarts.init(element, null, { renderer: "svg" });
  const draw = () => chart.setOption(options(told), true);
  draw();
  new ResizeObserver(() => chart.resize()).observe(element);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

/** @param {{name: string, periods: string[], points: (number | null)[], counts: [number, number][], good: number, pass: number}} told */
function options(told) {
  const css = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => css.getPropertyValue(name).trim();
  const edge = (/** @type {number} */ at, /** @type {string} */ name) => ({ yAxis: at, lineStyle: { color: colour(name), type: "dashed" }, label: { formatter: `${Math.round(at * 100) / 100} %`, color: colour("--ink-2") } });
  return {
    animation: false,
    textStyle: { fontFamily: css.fontFamily, color: colour("--ink-2") },
    grid: { left: 56, right: 64, top: 24, bottom: 40 },
    tooltip: { trigger: "axis", backgroundColor: colour("--sheet"), borderColor: colour("--border"), textStyle: { color: colour("--ink") }, formatter: (/** @type {any[]} */ [point]) => `${point.name}: ${point.value ?? "–"} % (${told.counts[point.dataIndex].join(" / ")})` },
    xAxis: { type: "category", data: told.periods, axisLine: { lineStyle: { color: colour("--border-strong") } }, axisLabel: { color: colour("--ink-2") } },
    yAxis: { type: "value", scale: true, max: (/** @type {{max: number}} */ range) => Math.min(100, Math.ceil(Math.max(range.max, told.good) + 2)), axisLabel: { formatter: "{value} %", color: colour("--ink-2") }, splitLine: { lineStyle: { color: colour("--border") } } },
    series: [{ type: "line", name: told.name, data: told.points, symbolSize: 8, connectNulls: false, lineStyle: { color: colour("--accent"), width: 2 }, itemStyle: { color: colour("--accent") }, markLine: { symbol: "none", silent: true, data: [edge(told.good, "--on-time"), edge(told.pass, "--due-soon")] } }],
  };
}
