"""Facilities: what people go to, or what comes to them."""
