"""What crowds know: labels, skills, rankings and agreement from tables of answers.

``infer(data)`` is the place to begin. ``headwater.aggregation`` has the methods by name, with the
classes and columns of crowd-kit; ``headwater.metrics`` has agreement. ``Node(url, key)`` speaks to
a node: a campaign from a data frame, its answers, its labels.
"""

from ._campaign import Campaign, Plan
from ._engine import ALGORITHM
from ._infer import Inferred, infer
from ._node import Node, Task
from ._wallet import new_wallet
from .errors import Problem, Rejected, Unreachable

__version__ = "0.1.0"
__all__ = [
    "ALGORITHM",
    "Campaign",
    "Inferred",
    "Node",
    "Plan",
    "Problem",
    "Rejected",
    "Task",
    "Unreachable",
    "infer",
    "new_wallet",
]
