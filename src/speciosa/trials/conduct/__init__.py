"""What happens in a trial: who is taken in, what is measured at each visit, who needs rescue, who stops and why."""
