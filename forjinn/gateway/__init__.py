"""Language models: those that a workspace registered, and the calls to their providers."""
