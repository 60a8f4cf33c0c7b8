"""The endpoint that speaks OpenAI's protocol: `/gateway/<workspace>/<configuration>/v1`."""
