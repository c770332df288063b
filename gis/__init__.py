"""Spatial framework: CRS and datum shifts, geometry checks, measuring, files in and out, PostGIS access."""
