"""One module per experiment: settings in, tidy table of measurements out."""
