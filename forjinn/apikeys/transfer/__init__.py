"""Moving keys between environments: files that are read, plans that are shown, and what is applied."""
