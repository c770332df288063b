"""Who does what in the city: departments, teams, and posts with their duty cells and people."""
