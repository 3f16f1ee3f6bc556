"""Where a study runs: Ray, the nodes of a SLURM job, and what one run holds against others."""
