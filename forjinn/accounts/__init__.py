"""People: users, their passwords, and the sessions they signed in with."""
