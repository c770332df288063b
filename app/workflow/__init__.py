"""The workflow engine: kinds of matter are declared, with states, acts, roles, guards, limits; it knows no domain."""
