"""The commands of the program, one a file; heavy imports wait inside them."""
