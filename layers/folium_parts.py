"""The parts of a thematic map file that folium has none for: title, legend with counts, circles that add up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from branca.element import MacroElement
from folium.template import Template

from layers.folium_text import shut

FRAME = """
{% macro header(this, kwargs) %}<meta name="generator" content="CityGrid"><style>{{ this.css }}</style>{% endmacro %}
{% macro html(this, kwargs) %}
<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
  <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
    <rect width="6" height="6" fill="#f1f1ef"/><line x1="0" y1="0" x2="0" y2="6" stroke="#8b9096" stroke-width="2"/>
  </pattern></defs></svg>
<header class="city-card city-title"><h1>{{ this.facts.title|e }}</h1><p>{{ this.facts.subtitle|e }}</p></header>
<aside class="city-card city-legend"><details open><summary>{{ this.facts.legend_title|e }}</summary>
  <table><thead><tr><th></th><th>{{ this.facts.unit|e }}</th><th>{{ this.facts.count_title|e }}</th></tr></thead><tbody>
  {% for row in this.facts.rows %}<tr><td><svg width="22" height="14"><rect x=".5" y=".5" width="21" height="13" rx="2"
    fill="{{ row.fill }}" stroke="#9aa0a6"/></svg></td><td>{{ row.label|e }}</td><td>{{ row.count|e }}</td></tr>
  {% endfor %}</tbody></table>
  {% if this.facts.marks %}<table><tbody>
  {% for row in this.facts.marks %}<tr><td><svg width="22" height="14"><circle cx="11" cy="7" r="5.5"
    fill="{{ row.fill }}" stroke="#fff"/></svg></td><td>{{ row.label|e }}</td><td>{{ row.count|e }}</td></tr>
  {% endfor %}</tbody></table>{% endif %}
  <div class="note">{% for line in this.facts.notes %}<p>{{ line|e }}</p>{% endfor %}</div></details></aside>
{% endmacro %}
{% macro script(this, kwargs) %}
(function () {
  const map = {{ this.map_name }}, wide = window.innerWidth > 600, bounds = {{ this.bounds|tojson }};
  document.body.classList.add("city-" + {{ this.facts.lang|tojson }});
  if (!wide) document.querySelector(".city-legend details").open = false;
  const room = wide ? { paddingTopLeft: [40, 70], paddingBottomRight: [310, 30] }
    : { paddingTopLeft: [12, 160], paddingBottomRight: [12, 80] };
  if (bounds) map.fitBounds(bounds, room);
  const names = L.layerGroup();
  for (const [lon, lat, text] of {{ this.names|tojson }}) {
    const label = document.createElement("span");
    label.textContent = text;
    const icon = L.divIcon({ html: label, className: "city-name", iconSize: [0, 0] });
    L.marker([lat, lon], { icon, interactive: false, keyboard: false }).addTo(names);
  }
  function declutter() {  // of two names that touch, the first stays
    const kept = [];
    for (const label of document.querySelectorAll(".city-name span")) {
      const box = label.getBoundingClientRect();
      const over = (one) => box.left < one.right && one.left < box.right;
      const hit = kept.some((one) => over(one) && box.top < one.bottom && one.top < box.bottom);
      label.style.visibility = hit ? "hidden" : "";
      if (!hit) kept.push(box);
    }
  }
  names.addTo(map);
  map.on("zoomend", declutter);
  const rows = {{ this.rows_name or "null" }};  // names give way to them
  map.on("overlayadd", (one) => { if (one.layer === rows) names.remove(); });
  map.on("overlayremove", (one) => { if (one.layer === rows) { names.addTo(map); declutter(); } });
  declutter();
})();
{% endmacro %}
"""

CIRCLES = """
{% macro script(this, kwargs) %}
(function () {
  const squares = {{ this.squares|tojson }}, map = {{ this.map_name }}, group = {{ this.group_name }};
  const size = 84, words = new Intl.NumberFormat({{ this.lang|tojson }});
  function draw() {
    group.clearLayers();
    const zoom = map.getZoom(), seen = map.getBounds().pad(0.3), bins = new Map();
    for (const [lon, lat, count] of squares) {
      const at = map.project([lat, lon], zoom), across = Math.floor(at.x / size), down = Math.floor(at.y / size);
      const key = across + "/" + down, bin = bins.get(key) || { across, down, x: 0, y: 0, count: 0 };
      bin.x += at.x * count; bin.y += at.y * count; bin.count += count;
      bins.set(key, bin);
    }
    for (const bin of bins.values()) {
      const mid = (index, mean) => ((index + 0.5) * size + mean) / 2;  // between the middle and the rows' mean: apart
      const place = map.unproject([mid(bin.across, bin.x / bin.count), mid(bin.down, bin.y / bin.count)], zoom);
      if (!seen.contains(place)) continue;
      const wide = Math.round(Math.min(52, 20 + Math.sqrt(bin.count))), number = document.createElement("div");
      number.className = "city-number";
      number.style.cssText = `width:${wide}px;height:${wide}px;background:{{ this.colour }}`;
      number.textContent = words.format(bin.count);
      const icon = L.divIcon({ html: number, className: "", iconSize: [wide, wide] });
      L.marker(place, { icon, keyboard: false, interactive: false }).addTo(group);
    }
  }
  map.on("moveend", draw);
  group.on("add", draw);
  draw();
})();
{% endmacro %}
"""


UNITS = """
{% macro script(this, kwargs) %}
(function () {
  const map = {{ this.map_name }}, group = {{ this.group_name }}, units = {{ this.units|tojson }};
  const fills = {{ this.fills|tojson }}, words = {{ this.words|tojson }}, parts = {{ this.parts }};
  const edge = units.length > 1500 ? { color: "#8b9096", weight: 0.15 } : { color: "#6b727a", weight: 0.9 };
  const number = new Intl.NumberFormat({{ this.lang|tojson }}, { maximumSignificantDigits: 4 });
  const whole = new Intl.NumberFormat({{ this.lang|tojson }});
  function ring(steps) {
    const vertices = [];
    for (let at = 0, lon = 0, lat = 0; at < steps.length; at += 2) {
      lon += steps[at]; lat += steps[at + 1];
      vertices.push([lat / parts, lon / parts]);
    }
    return vertices;
  }
  function told(name, count, rate) {
    const table = document.createElement("table"), head = table.createTHead().insertRow().insertCell();
    head.colSpan = 2; head.textContent = name;
    for (const [word, value, format] of [[words.count, count, whole], [words.rate, rate, number]]) {
      const row = table.insertRow();
      row.insertCell().textContent = word;
      row.insertCell().textContent = value === null ? words.none : format.format(value);
    }
    return table;
  }
  for (const [name, count, rate, kind, polygons] of units) {
    const look = { ...edge, fillColor: fills[kind], fillOpacity: 0.86 };
    const shape = L.polygon(polygons.map((rings) => rings.map(ring)), look);
    shape.bindTooltip(() => told(name, count, rate), { sticky: true });
    if (units.length <= 1500) {
      shape.on("mouseover", () => shape.setStyle({ weight: 2.4, color: "#23282e" }).bringToFront());
      shape.on("mouseout", () => shape.setStyle(edge));
    }
    shape.addTo(group);
  }
  {% if this.borders %}L.geoJSON({{ this.borders|tojson }}, { interactive: false,
    style: { color: "#3a4149", weight: 1.6, opacity: 0.75, fill: false } }).addTo(map);{% endif %}
})();
{% endmacro %}
"""


class Units(MacroElement):
    """Coloured outlines with name and figures under the pointer, and the borders of wider areas over them.

    `units` are name, count, rate, class and rings (steps, see `folium_data`); `fills` are colours by class, where class
    0 is held back, 1 none, 2 the first of the legend. `words` names ``count``, ``rate`` and ``none``.
    """

    _template = Template(UNITS)

    def __init__(
        self, map_name: str, group_name: str, units: list[list[Any]], fills: list[str], words: dict[str, str],
        borders: list[dict[str, Any]], lang: str, parts: int,
    ) -> None:  # fmt: skip
        super().__init__()  # type: ignore[no-untyped-call]  # branca leaves this one untyped
        self.map_name = map_name
        self.group_name = group_name
        self.units = shut(units)
        self.fills = fills
        self.words = shut(words)
        self.borders = {"type": "GeometryCollection", "geometries": borders} if borders else None
        self.lang = lang
        self.parts = parts


class Frame(MacroElement):
    """Title card, legend and names; the map is moved to `bounds` (west, south, east, north).

    `facts` holds `title`, `subtitle`, `legend_title`, `unit`, `count_title`, `rows`, `marks`, `notes`.
    """

    _template = Template(FRAME)

    def __init__(
        self, map_name: str, facts: dict[str, Any], names: list[tuple[float, float, str]],
        bounds: tuple[float, float, float, float] | None, rows_name: str | None,
    ) -> None:  # fmt: skip
        super().__init__()  # type: ignore[no-untyped-call]  # branca leaves this one untyped
        self.map_name = map_name
        self.facts = shut(facts)
        self.names = shut(names)
        self.rows_name = rows_name
        self.bounds = None if bounds is None else [[bounds[1], bounds[0]], [bounds[3], bounds[2]]]
        self.css = Path(__file__).with_name("thematic.css").read_text(encoding="utf-8")


class Circles(MacroElement):
    """Circles with numbers that are put together anew at each zoom; their sum never changes."""

    _template = Template(CIRCLES)

    def __init__(
        self, map_name: str, group_name: str, squares: list[tuple[float, float, int]], colour: str, lang: str
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.map_name = map_name
        self.group_name = group_name
        self.squares = squares
        self.colour = colour
        self.lang = lang
