"""About a run: what it will cost, which code made it, what goes into its archive."""
