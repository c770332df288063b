"""Uploaded and worked-out layers: a table each, kept in the database, served like every other layer."""
