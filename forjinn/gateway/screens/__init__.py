"""The pages of the API Gateway: Models, Keys, Usage."""
