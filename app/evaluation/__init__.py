"""Evaluation: indicators with numerator and denominator, ranking, trend, hot spots, reports, agreement."""
