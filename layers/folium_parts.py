"""The parts of a thematic map file that folium has none for: title, legend with counts, circles that add up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from branca.element import MacroElement
from folium.template import Template

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
"""

CIRCLES = """
{% macro script(this, kwargs) %}
(function () {
  const squares = {{ this.squares|tojson }}, map = {{ this.map_name }}, group = {{ this.group_name }};
  const size = 76, words = new Intl.NumberFormat({{ this.lang|tojson }});
  function draw() {
    group.clearLayers();
    const zoom = map.getZoom(), seen = map.getBounds().pad(0.3), bins = new Map();
    for (const [lon, lat, count] of squares) {
      const at = map.project([lat, lon], zoom), key = Math.floor(at.x / size) + "/" + Math.floor(at.y / size);
      const bin = bins.get(key) || { x: 0, y: 0, count: 0 };
      bin.x += at.x * count; bin.y += at.y * count; bin.count += count;
      bins.set(key, bin);
    }
    for (const bin of bins.values()) {
      const place = map.unproject([bin.x / bin.count, bin.y / bin.count], zoom);
      if (!seen.contains(place)) continue;
      const wide = Math.round(Math.min(56, 20 + 1.1 * Math.sqrt(bin.count))), number = document.createElement("div");
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


class Frame(MacroElement):
    """Title card and legend: `title`, `subtitle`, `legend_title`, `unit`, `count_title`, `rows`, `marks`, `notes`."""

    _template = Template(FRAME)

    def __init__(self, facts: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca leaves this one untyped
        self.facts = facts
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
