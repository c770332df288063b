"""The book of layers: what is said of each map layer, and who sees which."""
