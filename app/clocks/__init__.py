"""The one clock engine: limits, work calendars, working-time arithmetic, clocks. It knows no domain."""
