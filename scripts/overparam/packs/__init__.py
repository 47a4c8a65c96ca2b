"""What packs of networks, trained as one computation, are made of: layers, losses, techniques."""
