"""Components (部件): managed objects in public space."""
