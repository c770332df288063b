"""Building unit cells (单元网格) from areas, lines and buildings."""

from grid.build.cells import Cells, build_cells

__all__ = ["Cells", "build_cells"]
