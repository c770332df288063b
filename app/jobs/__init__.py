"""Background jobs on PostgreSQL."""
