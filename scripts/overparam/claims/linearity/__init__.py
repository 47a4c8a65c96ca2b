"""Linearity: wide networks as linear models of their parameters."""
