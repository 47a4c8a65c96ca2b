"""What is claimed: a folder per topic, in it a folder per experiment, in it a file per claim."""
