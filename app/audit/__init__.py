"""Audit: who did what, who looked at whom."""
