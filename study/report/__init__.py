"""The report of a study: figures, tables and the notebook that holds them."""
