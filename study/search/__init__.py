"""The search: which arms there are, what budget they get, and which trials are run next."""
