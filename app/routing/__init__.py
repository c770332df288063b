"""Which department gets a case: ordered rules as data, with their reasons."""
