"""The objective: approximations of the likelihood of all subjects, with gradients that are exact."""
