"""The examples in the docs run as they stand."""

import doctest
import importlib
import pkgutil

import pytest

import headwater

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(headwater.__path__, "headwater.")
)


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("._headwater")])
def test_examples(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    found = [finder.find(importlib.import_module(name)) for name in MODULES
             if not name.endswith("._headwater")]
    assert sum(len(test.examples) for tests in found for test in tests) >= 8
