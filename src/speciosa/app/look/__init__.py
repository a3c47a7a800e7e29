"""How the app looks: drawing, and pieces of pages."""
