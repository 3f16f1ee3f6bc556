"""What a person meets in the terminal: commands, the live view, the config that `study init`
writes.
"""
