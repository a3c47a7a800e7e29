"""The audit of the fact base, row by row and as a whole, and of files that users write."""
