"""Areas, cells and addresses as pages, API, commands and layers."""
