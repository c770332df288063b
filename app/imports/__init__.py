"""Files into registers, and layers into files."""
