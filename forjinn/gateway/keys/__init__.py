"""Gateway keys: what an application sends to call models through the API Gateway."""
