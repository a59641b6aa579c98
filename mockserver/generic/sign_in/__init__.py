"""Sign-in for a document: tokens with scopes, and the OAuth and OpenID endpoints that its security schemes name."""
