"""When an undecided comparison would be decided."""
