"""What the README's figures and those of the docs come from: `scripts/benchmark`."""
