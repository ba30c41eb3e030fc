"""What crowds know: labels, skills, rankings and agreement from tables of answers.

``infer(data)`` is the place to begin. ``headwater.aggregation`` has the methods by name, with the
classes and columns of crowd-kit; ``headwater.metrics`` has agreement. ``Node(url, key)`` speaks to
a node: a campaign from a data frame, its answers, its labels. ``Market(node)`` has its assets and
licences, ``Models(url, key)`` calls what it serves and checks the receipts; ``Purse`` pays for
single calls without an account, and ``train(data)`` makes a model that can be served.
"""

from ._answer import Answer, Stream
from ._asset import Asset, Content
from ._campaign import Campaign, Plan
from ._engine import ALGORITHM
from ._infer import Inferred, infer
from ._market import Market
from ._models import Models
from ._node import Node, Task
from ._purse import Purse
from ._receipt import Receipt, read_receipt
from ._train import Trained, train
from ._tree import Use, read_call
from ._wallet import new_wallet
from .errors import BadContent, BadReceipt, Problem, Rejected, Unreachable

__version__ = "0.1.0"
__all__ = [
    "ALGORITHM",
    "Answer",
    "Asset",
    "BadContent",
    "BadReceipt",
    "Campaign",
    "Content",
    "Inferred",
    "Market",
    "Models",
    "Node",
    "Plan",
    "Problem",
    "Purse",
    "Receipt",
    "Rejected",
    "Stream",
    "Task",
    "Trained",
    "Unreachable",
    "Use",
    "infer",
    "new_wallet",
    "read_call",
    "read_receipt",
    "train",
]
