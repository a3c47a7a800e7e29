"""Any table as people export it: delimiters, decimals, encodings and names of columns."""
