"""Styles that people make for layers, and the layers that they keep at hand."""
