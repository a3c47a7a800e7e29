"""The page of a fit: `fit_page` holds its parts, `fit_details` the further ones."""
