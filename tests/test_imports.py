"""Importing the package and asking for help must stay quick: no heavy package is loaded."""

import subprocess
import sys

import pytest

HEAVY = ("pymc", "pytensor", "dowhy", "arviz", "nutpie", "matplotlib", "pandas", "xarray", "scipy")


@pytest.mark.parametrize(
    "statement",
    [
        "import vm2causal",
        "import sys; sys.argv = ['vm2causal', '--help']; from vm2causal.cli import main; main()",
        "import sys; sys.argv = ['vm2causal', 'monitor', 'fit', '--help']\n"
        "from vm2causal.cli import main; main()",
    ],
    ids=["import", "help", "monitor-fit-help"],
)
def test_no_heavy_package_is_loaded(statement: str) -> None:
    program = (
        "import atexit, sys\n"
        f"heavy = {HEAVY!r}\n"
        "atexit.register(lambda: print('LOADED', [n for n in heavy if n in sys.modules]))\n"
        f"{statement}\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("LOADED []")


def test_every_public_name_exists_and_is_listed_once() -> None:
    import vm2causal

    assert sorted(vm2causal.__all__) == vm2causal.__all__
    for name in vm2causal.__all__:
        assert getattr(vm2causal, name).__doc__
    assert vm2causal.__version__[0].isdigit()
    with pytest.raises(AttributeError, match="no attribute 'fit_everything'"):
        _ = vm2causal.fit_everything


def test_packages_do_not_hide_the_functions_of_their_name() -> None:
    """``vm.simulate`` and ``vm.monitor`` are functions, whatever was imported before."""
    import vm2causal
    import vm2causal.monitor.cost
    import vm2causal.simulate.plain

    assert vm2causal.monitor(language="en").language.value == "en"
    assert list(vm2causal.simulate(vm2causal.Model("x -> y"), 10)) == ["x", "y"]
    assert sys.modules["vm2causal.simulate"].plain_truth.__name__ == "plain_truth"
