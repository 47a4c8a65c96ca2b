"""What packs of networks are made of: many models as one computation."""
