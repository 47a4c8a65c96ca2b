"""Stochastic gradient descent: steps, batches and momentum."""
