"""How good the predictions of the test rows are: where they are off, and by how much, of every procedure and of trees."""
