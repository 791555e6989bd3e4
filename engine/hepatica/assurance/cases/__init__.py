"""Case tables: reading, running and writing them."""
