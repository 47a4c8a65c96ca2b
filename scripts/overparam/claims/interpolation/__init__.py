"""Interpolation: what networks with more parameters than equations can fit."""
