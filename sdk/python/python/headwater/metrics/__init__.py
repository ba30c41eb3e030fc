"""How far workers agree."""

from ._agreement import Agreement, agreement

__all__ = ["Agreement", "agreement"]
