"""The dispatch board, teams with their positions and stop orders by road, and the department work list."""
