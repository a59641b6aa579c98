"""One operation compiled from its document: binding, security, parameters, bodies, and the checks of its replies."""
