"""From dose to concentration: absorption, disposition, metabolism and interactions."""
