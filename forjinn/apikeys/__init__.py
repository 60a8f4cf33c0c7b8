"""API keys: what they look like, where they are kept, and the screens and commands that manage them."""
