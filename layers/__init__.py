"""What a map layer is, the registry of them, and what is made from one: tiles, features, counts, legends, maps."""
