"""What every program shares: its arguments, log, files, faults, interruption, locks and devices."""
