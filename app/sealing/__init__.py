"""Sealing what must not stand in the clear. Knows no domain: each names its own keys."""
