"""What is asked: the fit file, its expressions, and the data set with which it is checked."""
