"""What other programs export: RevMan Web, RevMan 5 and Covidence, each to a plain table."""
