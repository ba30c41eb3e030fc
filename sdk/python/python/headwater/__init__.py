"""What crowds know: labels, skills, rankings and agreement from tables of answers.

``infer(data)`` is the place to begin. ``headwater.aggregation`` has the methods by name, with the
classes and columns of crowd-kit; ``headwater.metrics`` has agreement.
"""

from ._engine import ALGORITHM
from ._infer import Inferred, infer

__version__ = "0.1.0"
__all__ = ["ALGORITHM", "Inferred", "infer"]
