"""The configurations of a workspace's gateway: each has its address, its models and its keys."""
