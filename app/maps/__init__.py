"""The map: its page, and the doors to every layer."""
