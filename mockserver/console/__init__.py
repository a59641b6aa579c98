"""The console: HTML pages about the server, its worlds and the APIs."""
