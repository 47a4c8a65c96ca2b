"""Data sets as memory-mapped Arrow files with a recorded checksum."""
