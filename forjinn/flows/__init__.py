"""Flows: the graph that stands behind a key, checked when it is saved and walked when it is called."""
