"""OGC API: the layers as collections of features, tiles and styles for QGIS, GDAL and every other client."""
