"""Runs requests on worlds: execution with retry, fault effects, journal, notifications, scenarios and fixtures."""
