"""Pages of the docs that a program writes, and what the site makes of them."""
