"""City profiles: what a city is loaded from."""
