"""Methods by name, with the classes, columns and attributes of crowd-kit."""

from ._classification import (
    GLAD,
    KOS,
    MACE,
    DawidSkene,
    GoldMajorityVote,
    Inference,
    MajorityVote,
    OneCoinDawidSkene,
    Wawa,
    ZeroBasedSkill,
)
from ._multilabel import BinaryRelevance
from ._pairwise import BradleyTerry, NoisyBradleyTerry

__all__ = [
    "BinaryRelevance",
    "BradleyTerry",
    "DawidSkene",
    "GLAD",
    "GoldMajorityVote",
    "Inference",
    "KOS",
    "MACE",
    "MajorityVote",
    "NoisyBradleyTerry",
    "OneCoinDawidSkene",
    "Wawa",
    "ZeroBasedSkill",
]
