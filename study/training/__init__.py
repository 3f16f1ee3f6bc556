"""Training of stacked models. Imports TensorFlow: only workers import it."""
