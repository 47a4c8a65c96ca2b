"""The error that every part of the package may raise; this module imports nothing."""


class UserError(Exception):
    """Something the user can put right; shown as one message, without a traceback on the terminal."""
