"""The public API: a bearer key, a flow, an answer. No cookie is read here and no HTML is written."""
