"""What a reader asks: the fields, what they hold, and the study that follows."""
