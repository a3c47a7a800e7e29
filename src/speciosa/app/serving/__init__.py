"""The door of the app: server, guard, sessions, and messages to and from a browser."""
