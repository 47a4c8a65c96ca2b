"""The trainer: many models as one computation."""
