"""What this project says of the trials in its fact base: pools, networks, certainty and the claims."""
