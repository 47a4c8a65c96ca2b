"""Shallow networks: gradient descent on one hidden layer, from its geometry to the size that it needs."""
