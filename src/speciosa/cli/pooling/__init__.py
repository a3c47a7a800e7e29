"""The commands that pool trials, and how they read the tables that people have."""
