"""The inspector's phone: reports and steps with receipts, what to take along offline, patrols and their coverage."""
