"""What is looked at beside the answer: a folder each, listed in `study.diagnostics.registry`."""
