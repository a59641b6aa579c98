"""The ASGI side: Connexion's stack, routing, delivery of replies, and the choice of the world."""
