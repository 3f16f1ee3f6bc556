"""The search: which searches there are, what budget they get, and which trials are run next."""
