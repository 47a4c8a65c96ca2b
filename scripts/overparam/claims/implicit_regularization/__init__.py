"""Implicit regularization: which of many minima descent finds."""
