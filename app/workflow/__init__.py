"""The workflow engine: kinds of matter are declared (states, acts, roles, guards, forms, limits); it knows no domain."""
