"""A study at work: trials through Ray Tune to records on disk, watched from outside."""
