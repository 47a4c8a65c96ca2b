"""One module per figure: measurements and verdict in, figure out. Nothing in here imports torch."""
