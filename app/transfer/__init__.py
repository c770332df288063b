"""Two-way transfer of cases (双向转送) with other systems: hotlines, the police, neighbouring platforms."""
