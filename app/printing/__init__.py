"""Maps that leave the screen: kept views, printed sheets and atlases, maps embedded elsewhere."""
