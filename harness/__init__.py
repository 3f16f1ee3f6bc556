"""What proves the tool: studies to run and hurt, faults, what they did, a SLURM on one machine,
tables of known truth.

Scripts and tests share it, and it imports from neither.
"""
