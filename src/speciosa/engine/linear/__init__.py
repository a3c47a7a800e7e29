"""Linear models in closed form: modes, doses, steady states and endpoints without steps."""
