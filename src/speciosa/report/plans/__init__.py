"""The report on a treatment plan: its page and figures."""
