"""Migrations: expand, then contract; each goes up and down."""
