"""From a source of rows to what a model is trained on: read, infer, split, encode."""
