"""The ways to train that ``training_speed.py`` compares."""
