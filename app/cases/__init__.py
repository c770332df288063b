"""Grid cases (网格案件)."""
