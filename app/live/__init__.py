"""Live updates: what was written is told to watching browsers over LISTEN/NOTIFY and server-sent events."""
