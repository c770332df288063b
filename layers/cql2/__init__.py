"""OGC CQL2 (21-065r2): filter expressions as text or JSON, made into SQL over the rows of a layer."""
