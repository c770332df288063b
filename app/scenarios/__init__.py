"""Scenarios: named what-ifs whose changes are applied to a copy, in the calculation only."""
