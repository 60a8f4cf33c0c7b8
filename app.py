"""What `flask` loads: the application, made from the environment."""

from forjinn import create_app

app = create_app()
