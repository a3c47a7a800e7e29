"""What a reader sees: figures, tables and the HTML report. No numerics live here."""
