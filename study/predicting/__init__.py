"""What a finished study says of rows: predictions, their intervals, and what the models make of each column."""
