"""What the tests of the workflow import; their fixtures `sources`, `finished`, `project` are in tests/conftest.py."""

from project_copies import PARTS, RESULTS, ROOT, Project, fresh

__all__ = ["PARTS", "RESULTS", "ROOT", "Project", "fresh"]
