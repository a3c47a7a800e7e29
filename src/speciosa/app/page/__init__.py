"""The pages of the app, one module each, and the frame around them."""
