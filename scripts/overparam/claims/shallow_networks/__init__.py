"""Shallow networks: descent on one hidden layer, from geometry to thresholds."""
