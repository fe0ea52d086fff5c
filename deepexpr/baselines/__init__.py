"""Baselines: the six methods of the paper on the network's own splits and inputs."""
