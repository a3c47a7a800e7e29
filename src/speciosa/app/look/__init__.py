"""How the app looks: forms of charts, drawing, and pieces of pages."""
