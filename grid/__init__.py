"""The city's cells: areas, unit cells, duty cells, addresses, codes, and locating anything in them."""
