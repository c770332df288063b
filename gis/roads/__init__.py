"""The road network: edges from lines, and how far one comes on them. Names no domain."""
