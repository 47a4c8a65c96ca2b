"""From configuration and claims to cells and jobs: everything wrong is said before any job starts."""
