"""How people who don't work here report: by phone, taken down at the desk, and on the public page."""
