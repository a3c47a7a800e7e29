"""One to three compartments with or without a depot: amounts and their derivatives by individual parameters, dose by dose."""
