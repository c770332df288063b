"""A small second system that plays the other side of a transfer over HTTP, to try it out and to test it.

It shares nothing with the city but `app.transfer.protocol`: its own process, its own SQLite file, its own page.
"""
