"""Residents: persons, dwellings, residences (一标三实)."""
