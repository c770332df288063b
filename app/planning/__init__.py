"""Recipes: named chains of overlay and analysis steps whose results are layers that know what they were made from."""
