"""Open311 GeoReport v2: how outside applications report to the city and read what became of it."""
