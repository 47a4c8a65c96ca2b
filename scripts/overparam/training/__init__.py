"""The packed trainer: many models as one computation."""
