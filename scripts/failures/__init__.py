"""Studies that are hurt, and what is then lost: `scripts/faults`."""
